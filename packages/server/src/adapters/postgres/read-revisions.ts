/**
 * Each change of a read position gets the next revision of its user, by triggers, so that changes by the previous
 * version get one too. Null: not changed since this step.
 *
 * Changes of one user choose their revisions one at a time, until their commit, so a reader who sees a revision sees
 * those before it. A revision is at least the time in milliseconds: a crash may lose read positions, and later changes
 * must not get a revision that a client already knows.
 */
export const readRevisions = `
  ALTER TABLE read_positions ADD COLUMN revision bigint;
  CREATE INDEX read_revisions ON read_positions (shard, user_id, revision) WHERE revision IS NOT NULL;

  CREATE FUNCTION stamp_read_position() RETURNS trigger VOLATILE LANGUAGE plpgsql AS $$
  BEGIN
    -- An insertion that will meet this row becomes an update, which is stamped then.
    IF TG_OP = 'INSERT' AND EXISTS (
      SELECT FROM read_positions
      WHERE shard = NEW.shard AND user_id = NEW.user_id AND conversation_id = NEW.conversation_id
    ) THEN
      RETURN NEW;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.user_id, 0));
    SELECT greatest(coalesce(max(revision), 0) + 1, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)
      INTO NEW.revision FROM read_positions WHERE shard = NEW.shard AND user_id = NEW.user_id;
    RETURN NEW;
  END $$;

  CREATE TRIGGER stamp_new_read_position BEFORE INSERT ON read_positions
    FOR EACH ROW WHEN (NEW.revision IS NULL) EXECUTE FUNCTION stamp_read_position();
  CREATE TRIGGER stamp_moved_read_position BEFORE UPDATE ON read_positions
    FOR EACH ROW WHEN (NEW.seq IS DISTINCT FROM OLD.seq) EXECUTE FUNCTION stamp_read_position();`;
