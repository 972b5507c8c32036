import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { variableOf } from '@parley/server';
import { distributionGroup } from '../../server/src/adapters/kafka/command-log.ts';
import { commandsTopic, Topics } from '../../server/src/adapters/kafka/topics.ts';
import { ShardedDatabase } from '../../server/src/adapters/postgres/sharded-database.ts';
import { kafkaSettings, postgresServers } from '../../server/src/compose/cluster.ts';
import { loadConfig } from '../../server/src/settings/settings.ts';
import { ClusterUnderTest } from '../../server/test/support/cluster-services.ts';
import { ServerProcess } from '../../server/test/support/server-process.ts';
import { titleWith, withoutService } from '../../server/test/support/services.ts';
import { Witnesses } from '../../server/test/support/witnesses.ts';
import { parley } from './parley.ts';

const people = 4;
const absent = withoutService('kafka') ?? withoutService('postgres') ?? withoutService('redis');
/** Faults that --repair repairs: a name, the statements that cause it, and a part of the reported line. */
const repairable: [string, string, string][] = [
  ['a row of the index that is missing', `DELETE FROM memberships WHERE user_id = 'USER'`, 'the index by user lacks'],
  [
    'a row of the index that is older than the conversation',
    `UPDATE memberships SET changed_seq = 0, role = 'owner' WHERE user_id = 'USER'`,
    'owner, of 1 (0) to now, seeing from 1, as of entry 0',
  ],
  [
    'a row of the index that is newer than the conversation',
    `UPDATE memberships SET changed_seq = 900000, left_seq = 900000 WHERE user_id = 'USER'`,
    'to 900000, seeing from 1, as of entry 900000',
  ],
  [
    'a row of the index of a conversation that does not exist',
    `INSERT INTO memberships SELECT shard, user_id, 'gone', broadcast, role, joined_seq, joined_message_count,
      visible_from_seq, left_seq, changed_seq, changed_at_ms FROM memberships WHERE user_id = 'USER'`,
    'in conversation gone as of entry 1, which does not exist',
  ],
  [
    'a read position beyond the head',
    `INSERT INTO read_positions SELECT shard, user_id, conversation_id, 900000, 900000 FROM memberships
      WHERE user_id = 'USER' ON CONFLICT (shard, user_id, conversation_id) DO UPDATE SET seq = 900000`,
    'up to entry 900000',
  ],
  ['a name that is not claimed', `DELETE FROM claims WHERE user_id = 'USER' AND name <> 'first user'`, 'not claimed'],
  [
    'a name that is claimed as pending',
    `UPDATE claims SET confirmed = false WHERE user_id = 'USER' AND name <> 'first user'`,
    'not claimed',
  ],
  ['a session without its token', `DELETE FROM session_tokens WHERE user_id = 'USER'`, 'has no token'],
];
/** Faults that --repair only reports. */
const lasting: [string, string, string][] = [
  ['a head beyond its entries', 'UPDATE conversations SET head_seq = head_seq + 1', 'contract 3: its row has headSeq '],
  [
    'a duplicate command',
    'DROP INDEX entry_commands; UPDATE entries SET (sender_id, command_id) = (SELECT sender_id, command_id FROM entries WHERE seq = 4) WHERE seq = 5',
    'contract 2: conversation ID has 2 entries of ',
  ],
  [
    'an entry with a wrong message count',
    'UPDATE entries SET message_count = 2 WHERE seq = 7',
    'entry 7 counts 2 messages up to it',
  ],
  [
    'a time that goes back',
    `UPDATE entries e SET at_ms = (
      SELECT at_ms - 1 FROM entries b WHERE b.shard = e.shard AND b.conversation_id = e.conversation_id AND b.seq = 8
    ) WHERE seq = 9`,
    ', before that of the previous entry',
  ],
  ['a head with a wrong message count', 'UPDATE conversations SET message_count = 7', 'its row has messageCount 7'],
  [
    'a head with a wrong member count',
    'UPDATE conversations SET member_count = 9',
    'conversation ID: contract 3: its row has memberCount 9',
  ],
  [
    'a participant that is newer than the head',
    `UPDATE participants SET changed_seq = 900000 WHERE user_id = 'USER'`,
    'participant USER has changedSeq 900000',
  ],
  ['a missing account', `DELETE FROM users WHERE id = 'USER'`, 'has participant USER, who has no account'],
];

describe.skipIf(absent !== null)(titleWith('parley cluster verify', absent), () => {
  let cluster: ClusterUnderTest;
  let server: ServerProcess;
  let witnesses: Witnesses;
  let database: ShardedDatabase;
  let userId: string;
  let conversationId: string;

  const verify = (...flags: string[]) => parley(['cluster', 'verify', ...flags], '', environment());
  const environment = (of = cluster) =>
    Object.fromEntries(
      Object.entries(of.settings).map(([name, value]) => [variableOf(name as 'postgres'), String(value)]),
    );
  /** Runs the statements on both PostgreSQL servers, one of which has the row. */
  const damage = (statements: string) =>
    database.everywhere((sql) => sql.unsafe(statements.replaceAll('USER', userId)).simple());
  const named = (fault: string) => fault.replaceAll('USER', userId).replaceAll('ID', conversationId);

  beforeAll(async () => {
    cluster = await ClusterUnderTest.make();
    server = await ServerProcess.start({ settings: cluster.settings });
    witnesses = await Witnesses.gather(people, () => server.url, { pauseMs: 300 });
    database = await ShardedDatabase.open(postgresServers(loadConfig(cluster.settings, {})));
    const members = await database.everywhere(
      (sql) => sql<{ conversation_id: string; user_id: string }[]>`
        SELECT conversation_id, user_id FROM participants WHERE role <> 'owner' ORDER BY user_id LIMIT 1`,
    );
    const [member] = members.flat();
    userId = member?.user_id ?? '';
    conversationId = member?.conversation_id ?? '';
  });
  afterAll(async () => {
    witnesses?.leave();
    await server?.stop();
    await database?.close();
    await cluster?.remove();
  });

  test('reports no fault in an intact cluster while people write', async () => {
    witnesses.write();
    await witnesses.untilAcknowledged(50);
    const { code, output, errors } = await verify();
    expect([code, errors]).toEqual([0, '']);
    expect(output).toMatch(/^1 conversations, \d+ entries, 0 faults\n$/);
    await witnesses.stopWriting();
  });

  for (const [name, statements, fault] of repairable) {
    test(`repairs ${name}, and reports no fault afterwards`, async () => {
      await damage(statements);
      const repaired = await verify('--repair');
      const line = repaired.output.split('\n').find((each) => each.includes(named(fault)));
      expect([repaired.code, repaired.output, line]).toEqual([
        0,
        expect.any(String),
        expect.stringMatching(/^repaired: /),
      ]);
      expect((await verify()).code).toBe(0);
    });
  }

  test('after the repairs people can write, and each sees the whole history', async () => {
    await witnesses.say(['after the repair']);
    await witnesses.agree();
  });

  test('reports each fault that it cannot repair, and deletes no entry', async () => {
    for (const [, statements] of lasting) await damage(statements);
    const before = await database.everywhere((sql) => sql`SELECT count(*) FROM entries`);
    const { code, output } = await verify('--repair');
    expect(code).toBe(1);
    for (const [, , fault] of lasting) expect(output).toContain(named(fault));
    expect(await database.everywhere((sql) => sql`SELECT count(*) FROM entries`)).toEqual(before);
  });

  test('reports a partition in which the committed offset is beyond the end of the log', async () => {
    const other = await ClusterUnderTest.make();
    const config = loadConfig(other.settings, {});
    const topics = new Topics(kafkaSettings(config));
    const [name, group] = [config['cluster-name'], distributionGroup(config['cluster-name'])];
    await topics.positions.commit(group, commandsTopic(name), 3, 7n);
    const { code, output } = await parley(['cluster', 'verify'], '', environment(other));
    const fault = `topic ${commandsTopic(name)}, partition 3: the distributors are at 7, but the log ends at 0`;
    expect([code, output]).toEqual([1, expect.stringContaining(fault)]);
    await topics.positions.forget(group);
    await topics.close();
    await other.remove();
  });
});
