/**
 * How often the user has marked the conversation as unread, and the greatest number read before that, which other members
 * see. Null: never. The previous version moves `seq` alone, forward, which is right for both.
 *
 * A mark gets a revision too when it leaves the position where it is.
 */
export const readVersions = `
  ALTER TABLE read_positions ADD COLUMN version bigint, ADD COLUMN receipt_seq bigint;

  DROP TRIGGER stamp_moved_read_position ON read_positions;
  CREATE TRIGGER stamp_moved_read_position BEFORE UPDATE ON read_positions
    FOR EACH ROW WHEN (NEW.seq IS DISTINCT FROM OLD.seq OR NEW.version IS DISTINCT FROM OLD.version)
    EXECUTE FUNCTION stamp_read_position();`;
