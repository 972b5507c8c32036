/** The decided position of each shard's log, written in one transaction with the decisions. */
export const logPositionsTable = `
  CREATE TABLE log_positions (
    shard smallint NOT NULL,
    log_id text NOT NULL,
    decided_to bigint NOT NULL,
    PRIMARY KEY (shard)
  ) WITH (fillfactor = 50);`;

/**
 * As `apply_changes`, and also advances the positions of the shards, if they are unchanged since they were read;
 * otherwise raises PA002 and writes nothing.
 */
export const applyBatch = `
  CREATE FUNCTION apply_batch(
    of_shards smallint[], made json, changed json, places json, log json, terms json, reached json)
  RETURNS void LANGUAGE plpgsql AS $$
  DECLARE
    moved bigint;
  BEGIN
    IF reached IS NOT NULL THEN
      WITH wanted AS (
        SELECT * FROM json_to_recordset(reached) AS r (
          shard smallint, log_id text, decided_to bigint, before_log_id text, before_decided_to bigint)
      ), first AS (
        INSERT INTO log_positions SELECT shard, log_id, decided_to FROM wanted WHERE before_log_id IS NULL
          RETURNING 1
      ), next AS (
        UPDATE log_positions p SET (log_id, decided_to) = (w.log_id, w.decided_to) FROM wanted w
          WHERE p.shard = w.shard AND p.log_id = w.before_log_id AND p.decided_to = w.before_decided_to
          RETURNING 1
      )
      SELECT (SELECT count(*) FROM first) + (SELECT count(*) FROM next) INTO moved;
      IF moved <> json_array_length(reached) THEN
        RAISE EXCEPTION 'another distributor has decided of the same log' USING ERRCODE = 'PA002';
      END IF;
    END IF;
    PERFORM apply_changes(of_shards, made, changed, places, log, terms);
  END $$;`;
