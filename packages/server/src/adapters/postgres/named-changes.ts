/**
 * `apply_changes` with named columns, so that programs go on when a later step adds a column with a default or a
 * generated one. This is the text of a released step, whatever columns the tables have now.
 */
export const applyNamedChanges = `
  CREATE OR REPLACE FUNCTION apply_changes(
    of_shards smallint[], made json, changed json, places json, log json, terms json)
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
      INSERT INTO conversations (
          shard, id, kind, name, description, announce_only, history, created_by, head_seq, message_count,
          last_message_seq, membership_seq, member_count, owner_count, broadcast_seq, closed, last_entry_at_ms)
        SELECT shard, id, kind, name, description, announce_only, history, created_by, head_seq, message_count,
          last_message_seq, membership_seq, member_count, owner_count, broadcast_seq, closed, last_entry_at_ms
        FROM json_populate_recordset(NULL::conversations, made);
    END IF;

    INSERT INTO entries (
        shard, conversation_id, seq, message_count, at_ms, sender_id, command_id, kind, text, notice)
      SELECT shard, conversation_id, seq, message_count, at_ms, sender_id, command_id, kind, text, notice
      FROM json_populate_recordset(NULL::entries, log);

    IF places IS NOT NULL THEN
      INSERT INTO participants (
          shard, conversation_id, user_id, role, joined_seq, joined_message_count, visible_from_seq, left_seq,
          changed_seq, changed_at_ms)
        SELECT shard, conversation_id, user_id, role, joined_seq, joined_message_count, visible_from_seq, left_seq,
          changed_seq, changed_at_ms
        FROM json_populate_recordset(NULL::participants, places)
        ON CONFLICT (shard, conversation_id, user_id) DO UPDATE SET
          (role, joined_seq, joined_message_count, visible_from_seq, left_seq, changed_seq, changed_at_ms)
          = (excluded.role, excluded.joined_seq, excluded.joined_message_count, excluded.visible_from_seq,
            excluded.left_seq, excluded.changed_seq, excluded.changed_at_ms);
    END IF;
    IF terms IS NOT NULL THEN
      DELETE FROM channel_terms t USING json_to_recordset(terms) AS renamed (shard smallint, conversation_id text)
        WHERE t.shard = renamed.shard AND t.conversation_id = renamed.conversation_id;
      INSERT INTO channel_terms (shard, conversation_id, term)
        SELECT shard, conversation_id, json_array_elements_text(found_by)
        FROM json_to_recordset(terms) AS renamed (shard smallint, conversation_id text, found_by json);
    END IF;
  END $$;`;

/** Rolls back a statement whose rows have changed since they were read. */
export const asDecided = `
  CREATE FUNCTION as_decided(is_so boolean) RETURNS void VOLATILE LANGUAGE plpgsql AS $$
  BEGIN
    IF NOT is_so THEN
      RAISE EXCEPTION 'another distributor has moved a head or decided of the same log' USING ERRCODE = 'PA002';
    END IF;
  END $$;`;
