/**
 * Each change of a read position is stamped with its person's next revision: by triggers, so that what the previous
 * version writes, beside this one, is stamped too. Null: not changed since this step.
 *
 * One change of a person at a time chooses its number, until its commit: a reader that sees a revision sees those before it.
 * A number is at least the time in milliseconds. Read positions may be lost by a crash, within a second; what is
 * numbered after that must not have a number that a client knows already.
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
