import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpApi } from '@parley/sdk';
import { parseMessageName, variableOf } from '@parley/server';
import { traceInCluster } from '@parley/server/cluster';
import { BatchingProducer } from '../../server/src/adapters/kafka/producer.ts';
import { commandsTopic } from '../../server/src/adapters/kafka/topics.ts';
import { kafkaSettings } from '../../server/src/compose/cluster.ts';
import { loadConfig } from '../../server/src/settings/settings.ts';
import { ClusterUnderTest } from '../../server/test/support/cluster-services.ts';
import { ServerProcess } from '../../server/test/support/server-process.ts';
import { titleWith, withoutService } from '../../server/test/support/services.ts';
import { until } from '../../server/test/support/until.ts';
import { WireClient } from '../../server/test/support/wire-client.ts';
import { parley, type Run } from './parley.ts';

const password = 'a good password';
const time = '\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z';

interface Someone {
  api: HttpApi;
  token: string;
  id: string;
}

async function someone(url: string, username: string): Promise<Someone> {
  const api = new HttpApi(url, { fetch });
  const { token, account } = await api.call('signup', { username, password });
  api.token = token;
  return { api, token, id: account.id };
}

/** Repeats the command until its output has the line; returns that output. */
async function untilPrinted(run: () => Promise<Run>, line: RegExp): Promise<string> {
  let output = '';
  await until(`a line ${line}`, async () => {
    output = (await run()).output;
    return line.test(output);
  });
  return output;
}

const hop = (name: string, detail: string) => new RegExp(`^${name}\\t${detail}$`, 'm');

describe('in one process', () => {
  let data: string;
  let server: ServerProcess;
  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'parley-trace-'));
    server = await ServerProcess.start({ settings: { data } });
  });
  afterAll(async () => {
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  });

  test('a message is found by its id and by its number, with who has read it', async () => {
    const [ana, ben] = [await someone(server.url, 'ana'), await someone(server.url, 'ben')];
    const { id } = await ana.api.call('createGroup', { name: 'group', userIds: [ben.id] });
    const sent = { conversationId: id, clientMessageId: 'hello-1', text: 'text' };
    const { seq, atMs } = await ana.api.call('sendMessage', sent);
    const byId = await parley(['trace', 'hello-1', '--data', data]);
    expect(byId).toMatchObject({ code: 0, errors: '' });
    expect(byId.output).toContain(`message\thello-1 from ${ana.id} in ${id}\n`);
    expect(byId.output).toContain(`decided\t${new Date(atMs).toISOString()}\tentry ${seq} of ${id}\n`);
    expect(byId.output).toContain(`not read\tby ${ben.id}, who is at 0\n`);
    expect(byId.output).not.toContain(`by ${ana.id}`);
    await ben.api.call('markRead', { conversationId: id, seq });
    await untilPrinted(() => parley(['trace', `${id}/${seq}`, '--data', data]), hop('read', `by ${ben.id}`));
    const elsewhere = await parley(['trace', 'hello-1', '--conversation', crypto.randomUUID(), '--data', data]);
    expect(elsewhere).toMatchObject({ code: 1, output: '' });
  });

  test('a message that nobody sent is not found, with status 1', async () => {
    const { code, output, errors } = await parley(['trace', 'nobody-sent-this', '--data', data]);
    expect({ code, output }).toEqual({ code: 1, output: '' });
    expect(errors).toStartWith('parley: there is no message nobody-sent-this: it was never accepted');
  });

  const conversation = crypto.randomUUID();
  const bad: [string, string[], string][] = [
    ['a space', ['an id'], '"an id" is not a client message id'],
    ['too long', ['x'.repeat(65)], 'is not a client message id (1 to 64 printable ASCII characters)'],
    ['number 0', [`${conversation}/0`], 'entries are numbered from 1'],
    [
      'a conversation twice',
      [`${conversation}/1`, '--conversation', conversation],
      'can be used only with a client message id',
    ],
    ['an invalid conversation id', ['id', '--conversation', 'x'], '"x" is not the id of a conversation'],
    ['too far back', ['id', '--since-minutes', '10081'], 'It must be a whole number from 1 to 10080.'],
    ['no message', [], "missing required argument 'message'"],
    ['a folder without a database', ['id', '--data', '/nowhere'], 'there is no database at /nowhere/parley.db'],
  ];
  for (const [name, args, message] of bad) {
    test(`refused: ${name}`, async () => {
      const { code, errors } = await parley(['trace', ...args]);
      expect(code).toBe(1);
      expect(errors).toContain(message);
    });
  }
});

const absent = withoutService('kafka') ?? withoutService('postgres') ?? withoutService('redis');
describe.skipIf(absent !== null)(titleWith('in a cluster', absent), () => {
  let cluster: ClusterUnderTest;
  let environment: Record<string, string>;
  beforeAll(async () => {
    cluster = await ClusterUnderTest.make();
    environment = Object.fromEntries(
      Object.entries(cluster.settings).map(([name, value]) => [variableOf(name), value]),
    );
  });
  afterAll(() => cluster.remove());

  const start = (roles: string) => ServerProcess.start({ settings: { ...cluster.settings, roles } });
  const trace = (...args: string[]) => parley(['trace', ...args], '', environment);

  test('a delivered message: the log, the entry, each mailbox, who has read it', async () => {
    const server = await start('gateway,messaging,distribution');
    const [ana, ben] = [await someone(server.url, 'ana'), await someone(server.url, 'ben')];
    const { id } = await ana.api.call('createGroup', { name: 'group', userIds: [ben.id] });
    const socket = await WireClient.hello(server.url, ben.token);
    const sent = { conversationId: id, clientMessageId: 'delivered', text: 'text' };
    const { seq, atMs } = await ana.api.call('sendMessage', sent);
    await socket.next('entry', ({ entry }) => entry.kind === 'message');
    await ben.api.call('markRead', { conversationId: id, seq });

    const output = await untilPrinted(() => trace('delivered'), hop('taken out', 'by server \\S+'));
    const topics = `topic ${cluster.settings['cluster-name']}`;
    const lines = [
      hop('message', `delivered from ${ana.id} in ${id}`),
      hop('in the log', `${time}\t${topics}\\.commands, partition \\d, offset \\d+`),
      hop(
        'decided',
        `${new Date(atMs).toISOString()}\tentry ${seq} of ${id}, shard \\d on PostgreSQL server (one|two)`,
      ),
      hop('in the mailbox', `${time}\tof server \\S+: ${topics}\\.mailbox\\.\\S+, offset \\d+, for 1 people`),
      hop('read', `by ${ben.id}`),
    ];
    for (const line of lines) expect(output).toMatch(line);
    expect(output).not.toContain('waiting');
    expect((await trace(`${id}/${seq}`)).output).toBe(output);
    expect((await trace('delivered', '--conversation', id)).output).toBe(output);
    // The mailbox is removed with its server; the log and the entry stay.
    await socket.close();
    await server.stop();
    const later = (await trace('delivered')).output;
    expect(later).toContain('in no mailbox\t');
    expect(later).toMatch(lines[2] ?? /never/);
    // A message older than the searched range is found only with its conversation.
    const config = loadConfig(cluster.settings, {});
    const [older] = await traceInCluster(config, parseMessageName('delivered', id), 0);
    expect(older).toMatchObject({ log: null, decided: { entry: { seq, senderId: ana.id } } });
    expect(await traceInCluster(config, parseMessageName('delivered', undefined), 0)).toEqual([]);
  });

  test('a message waits while no distributor runs, then is refused', async () => {
    const edge = await start('gateway,messaging');
    const eve = await someone(edge.url, 'eve');
    const conversationId = crypto.randomUUID();
    const socket = await WireClient.hello(edge.url, eve.token);
    for (const clientMessageId of ['first', 'second', 'third']) {
      socket.send({ type: 'send', id: clientMessageId, conversationId, clientMessageId, text: 'text' });
    }
    await untilPrinted(() => trace('third'), hop('waiting', '2 before it; no distributor runs'));
    const distributor = await start('distribution');
    await socket.next('error', ({ id }) => id === 'third');
    const output = await untilPrinted(() => trace('third'), hop('refused', `${time}\tnot_found: .*`));
    expect(output).not.toContain('waiting');
    expect(output).not.toContain('decided');
    await socket.close();
    await Promise.all([edge.stop(), distributor.stop()]);
  });

  test('a command that cannot be decided is found as set aside, with the reason', async () => {
    const settings = kafkaSettings(loadConfig(cluster.settings, {}));
    const producer = new BatchingProducer(settings);
    const command = { kind: 'add', conversationId: 'group', actorId: 'ana', commandId: 'undecidable', userIds: null };
    const value = JSON.stringify({ command, replyTo: { serverId: 'gone', requestId: 'request' } });
    const unreadable = '{"command":{"kind":"dance","commandId":"unreadable"}}';
    for (const each of [value, unreadable]) {
      await producer.send({ topic: commandsTopic(settings.clusterName), partition: 0, value: each });
    }
    await producer.close();
    const distributor = await start('distribution');
    const output = await untilPrinted(() => trace('undecidable'), hop('set aside', `${time}\t/userIds .+`));
    expect(output).toMatch(hop('message', 'undecidable'));
    await untilPrinted(() => trace('unreadable'), hop('set aside', `${time}\tthere is no kind of command "dance"`));
    await distributor.stop();
  });

  test('a message that nobody sent is not found, with an explanation and status 1', async () => {
    const { code, output, errors } = await trace('nobody-sent-this', '--since-minutes', '5');
    expect({ code, output }).toEqual({ code: 1, output: '' });
    expect(errors).toStartWith(
      'parley: message nobody-sent-this was not found in the command log of the last 5 minutes, nor set aside.',
    );
    expect((await trace(`${crypto.randomUUID()}/1`)).errors).toContain('there is no message');
  });
});
