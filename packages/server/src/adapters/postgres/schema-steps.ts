import { activityTimesTable } from './activity-times-table.ts';
import { amendmentIndexes, amendmentTables } from './amendment-tables.ts';
import { bansTable } from './bans-table.ts';
import { deviceSecretsTable } from './device-secrets-table.ts';
import { featureLevelTable } from './feature-level-table.ts';
import { followerTables } from './follower-tables.ts';
import { applyBatch, logPositionsTable } from './log-positions-table.ts';
import { applyNamedChanges, asDecided } from './named-changes.ts';
import { readIndexes, type SchemaIndex } from './read-indexes.ts';
import { readRevisions } from './read-revisions.ts';
import { readVersions } from './read-versions.ts';
import { shardEpochsTable } from './shard-epochs-table.ts';

/** One numbered step of the schema. */
export interface SchemaStep {
  statements: string;
  /**
   * The number of the oldest step whose programs work with the schema after this one. Steps only add; what they replace
   * is removed by a step of a later version, so that two versions run side by side during an upgrade.
   */
  worksFrom: number;
  /** Indexes that are built before the statements, in this order, without blocking reads or writes. */
  indexes?: readonly SchemaIndex[];
}

/**
 * Every key starts with the logical shard of the row, so that the rows of a shard are adjacent, are read by ranges and
 * can be replicated to another server. Text that is sorted or searched by ranges is compared by code points, as
 * everywhere in Parley.
 */
const tables = `
  -- 'made_for' names the servers that the shards were first given to, in their order.
  CREATE TABLE cluster (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    shards smallint NOT NULL,
    made_for text NOT NULL
  );

  -- Which logical shards this server has. 'arriving': being copied to here. 'serving': read and written here.
  -- 'fenced': read here, no longer written. 'gone': neither, its rows are to be deleted.
  CREATE TABLE shards (shard smallint PRIMARY KEY, state text NOT NULL);
  CREATE VIEW served_shards AS SELECT shard FROM shards WHERE state IN ('serving', 'fenced');

  CREATE TABLE conversations (
    shard smallint NOT NULL,
    id text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    name text,
    description text NOT NULL,
    announce_only boolean NOT NULL,
    history text NOT NULL,
    created_by text NOT NULL,
    head_seq bigint NOT NULL,
    message_count bigint NOT NULL,
    last_message_seq bigint NOT NULL,
    membership_seq bigint NOT NULL,
    member_count bigint NOT NULL,
    owner_count bigint NOT NULL,
    broadcast_seq bigint NOT NULL,
    closed boolean NOT NULL,
    last_entry_at_ms bigint NOT NULL,
    PRIMARY KEY (shard, id)
  ) WITH (fillfactor = 70);

  CREATE TABLE channel_terms (
    shard smallint NOT NULL,
    conversation_id text COLLATE "C" NOT NULL,
    term text COLLATE "C" NOT NULL,
    PRIMARY KEY (shard, conversation_id, term)
  );
  CREATE INDEX channels_by_term ON channel_terms (term, conversation_id);

  CREATE TABLE participants (
    shard smallint NOT NULL,
    conversation_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    role text NOT NULL,
    joined_seq bigint NOT NULL,
    joined_message_count bigint NOT NULL,
    visible_from_seq bigint NOT NULL,
    left_seq bigint,
    changed_seq bigint NOT NULL,
    changed_at_ms bigint NOT NULL,
    PRIMARY KEY (shard, conversation_id, user_id)
  );
  CREATE INDEX members ON participants (shard, conversation_id, joined_seq, user_id) WHERE left_seq IS NULL;

  -- The dedupe key is unique for as long as the entry exists (contract 2), the number always (contract 3).
  CREATE TABLE entries (
    shard smallint NOT NULL,
    conversation_id text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    message_count bigint NOT NULL,
    at_ms bigint NOT NULL,
    sender_id text COLLATE "C" NOT NULL,
    command_id text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    text text,
    notice text,
    PRIMARY KEY (shard, conversation_id, seq)
  );
  CREATE UNIQUE INDEX entry_commands ON entries (shard, conversation_id, sender_id, command_id);

  -- The index by user: what the user's shard holds of conversations.
  CREATE TABLE memberships (
    shard smallint NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    conversation_id text COLLATE "C" NOT NULL,
    broadcast boolean NOT NULL,
    role text NOT NULL,
    joined_seq bigint NOT NULL,
    joined_message_count bigint NOT NULL,
    visible_from_seq bigint NOT NULL,
    left_seq bigint,
    changed_seq bigint NOT NULL,
    changed_at_ms bigint NOT NULL,
    PRIMARY KEY (shard, user_id, conversation_id)
  );
  CREATE INDEX broadcast_memberships ON memberships (shard, user_id, conversation_id)
    WHERE broadcast AND left_seq IS NULL;

  CREATE TABLE read_positions (
    shard smallint NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    conversation_id text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    message_count bigint NOT NULL,
    PRIMARY KEY (shard, user_id, conversation_id)
  ) WITH (fillfactor = 70);

  CREATE TABLE users (
    shard smallint NOT NULL,
    id text COLLATE "C" NOT NULL,
    username text NOT NULL,
    username_key text COLLATE "C" NOT NULL,
    display_name text NOT NULL,
    password_hash text NOT NULL,
    administrator boolean NOT NULL,
    disabled boolean NOT NULL,
    created_at_ms bigint NOT NULL,
    PRIMARY KEY (shard, id)
  );
  CREATE INDEX users_by_name ON users (username_key);

  CREATE TABLE user_terms (
    shard smallint NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    term text COLLATE "C" NOT NULL,
    PRIMARY KEY (shard, user_id, term)
  );
  CREATE INDEX users_by_term ON user_terms (term, user_id);

  -- Names that one user can have, in the shard of the hashed name (race 9).
  CREATE TABLE claims (
    shard smallint NOT NULL,
    name text COLLATE "C" NOT NULL,
    user_id text NOT NULL,
    confirmed boolean NOT NULL,
    claimed_at timestamptz NOT NULL,
    PRIMARY KEY (shard, name)
  );

  CREATE TABLE sessions (
    shard smallint NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    token_hash text NOT NULL,
    device text,
    created_at_ms bigint NOT NULL,
    last_used_at_ms bigint NOT NULL,
    PRIMARY KEY (shard, user_id, id)
  );

  -- Whose session a token is, in the shard of the token's hash. The session itself decides whether it still is one.
  CREATE TABLE session_tokens (
    shard smallint NOT NULL,
    token_hash text COLLATE "C" NOT NULL,
    user_id text NOT NULL,
    session_id text NOT NULL,
    PRIMARY KEY (shard, token_hash)
  );

  CREATE TABLE invitations (
    shard smallint NOT NULL,
    token_hash text COLLATE "C" NOT NULL,
    uses_left bigint NOT NULL,
    expires_at_ms bigint NOT NULL,
    created_by text,
    PRIMARY KEY (shard, token_hash)
  );`;

/**
 * `served` and `writable` return the shard, `all_writable` the number of shards, or raise PA001. A write holds a shared
 * lock on the shard until its transaction ends; fencing takes the exclusive lock, and so waits for the writes that
 * passed.
 */
const shardFunctions = `
  CREATE FUNCTION served(wanted smallint) RETURNS smallint STABLE LANGUAGE plpgsql AS $$
  BEGIN
    IF NOT EXISTS (SELECT FROM served_shards WHERE shard = wanted) THEN
      RAISE EXCEPTION 'shard % is not served here', wanted USING ERRCODE = 'PA001';
    END IF;
    RETURN wanted;
  END $$;

  CREATE FUNCTION all_writable(wanted smallint[]) RETURNS bigint VOLATILE LANGUAGE plpgsql AS $$
  DECLARE
    found bigint;
  BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext(current_schema()), each) FROM unnest(wanted) AS each;
    SELECT count(*) INTO found FROM shards WHERE shard = ANY(wanted) AND state = 'serving';
    IF found <> cardinality(wanted) THEN
      RAISE EXCEPTION 'some of the shards % take no writes here', wanted USING ERRCODE = 'PA001';
    END IF;
    RETURN found;
  END $$;

  CREATE FUNCTION writable(wanted smallint) RETURNS smallint VOLATILE LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM all_writable(ARRAY[wanted]);
    RETURN wanted;
  END $$;

  CREATE FUNCTION fence(wanted smallint) RETURNS void VOLATILE LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_advisory_xact_lock(hashtext(current_schema()), wanted);
    UPDATE shards SET state = 'fenced' WHERE shard = wanted AND state = 'serving';
  END $$;`;

/**
 * Writes the decisions of a batch, if the heads are unchanged since they were read; otherwise raises PA002 and writes
 * nothing. Rows are sorted by key. Null parameters are skipped: most batches only append messages.
 */
const applyChanges = `
  CREATE FUNCTION apply_changes(of_shards smallint[], made json, changed json, places json, log json, terms json)
  RETURNS void LANGUAGE plpgsql AS $$
  DECLARE
    found bigint;
  BEGIN
    PERFORM all_writable(of_shards);
    IF changed IS NOT NULL THEN
      WITH written AS (
        UPDATE conversations c SET
            (name, description, announce_only, head_seq, message_count, last_message_seq,
              membership_seq, member_count, owner_count, broadcast_seq, closed, last_entry_at_ms)
            = (h.name, h.description, h.announce_only, h.head_seq, h.message_count, h.last_message_seq,
              h.membership_seq, h.member_count, h.owner_count, h.broadcast_seq, h.closed, h.last_entry_at_ms)
          FROM json_to_recordset(changed) AS h (
            shard smallint, id text, decided_by bigint, name text, description text, announce_only boolean,
            head_seq bigint, message_count bigint, last_message_seq bigint, membership_seq bigint,
            member_count bigint, owner_count bigint, broadcast_seq bigint, closed boolean, last_entry_at_ms bigint)
          WHERE c.shard = h.shard AND c.id = h.id AND c.head_seq = h.decided_by
          RETURNING 1
      )
      SELECT count(*) INTO found FROM written;
      IF found <> json_array_length(changed) THEN
        RAISE EXCEPTION 'another distributor has moved a head' USING ERRCODE = 'PA002';
      END IF;
    END IF;
    IF made IS NOT NULL THEN
      INSERT INTO conversations SELECT * FROM json_populate_recordset(NULL::conversations, made);
    END IF;

    INSERT INTO entries SELECT * FROM json_populate_recordset(NULL::entries, log);

    IF places IS NOT NULL THEN
      INSERT INTO participants SELECT * FROM json_populate_recordset(NULL::participants, places)
        ON CONFLICT (shard, conversation_id, user_id) DO UPDATE SET
          (role, joined_seq, joined_message_count, visible_from_seq, left_seq, changed_seq, changed_at_ms)
          = (excluded.role, excluded.joined_seq, excluded.joined_message_count, excluded.visible_from_seq,
            excluded.left_seq, excluded.changed_seq, excluded.changed_at_ms);
    END IF;
    IF terms IS NOT NULL THEN
      DELETE FROM channel_terms t USING json_to_recordset(terms) AS renamed (shard smallint, conversation_id text)
        WHERE t.shard = renamed.shard AND t.conversation_id = renamed.conversation_id;
      INSERT INTO channel_terms
        SELECT shard, conversation_id, json_array_elements_text(found_by)
        FROM json_to_recordset(terms) AS renamed (shard smallint, conversation_id text, found_by json);
    END IF;
  END $$;`;

/** A released step is never changed; changes are new steps. */
export const schemaSteps: readonly SchemaStep[] = [
  { statements: tables + shardFunctions + applyChanges, worksFrom: 1 },
  { statements: logPositionsTable + applyBatch, worksFrom: 1 },
  { statements: readRevisions, worksFrom: 2 },
  { statements: shardEpochsTable, worksFrom: 2 },
  { statements: activityTimesTable, worksFrom: 2 },
  { statements: deviceSecretsTable, worksFrom: 2 },
  { statements: applyNamedChanges + asDecided, worksFrom: 2 },
  { statements: '', worksFrom: 2, indexes: readIndexes },
  { statements: featureLevelTable, worksFrom: 2 },
  { statements: followerTables, worksFrom: 2 },
  { statements: amendmentTables, worksFrom: 2 },
  // In a step of its own, because indexes are built before the statements of their step.
  { statements: '', worksFrom: 2, indexes: amendmentIndexes },
  { statements: bansTable, worksFrom: 2 },
  { statements: readVersions, worksFrom: 2 },
];
