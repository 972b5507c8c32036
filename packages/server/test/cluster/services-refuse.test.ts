import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { closeCodes, type Problem, type Receipt } from '@parley/protocol';
import { ClusterProcesses } from '../support/cluster-processes.ts';
import { withoutHaproxy } from '../support/haproxy.ts';
import { OwnBrokers, withoutOwnBrokers } from '../support/own-brokers.ts';
import { OwnPostgres, withoutOwnPostgres } from '../support/own-postgres.ts';
import { OwnRedis } from '../support/own-redis.ts';
import { titleWith } from '../support/services.ts';
import { until } from '../support/until.ts';
import { WireClient } from '../support/wire-client.ts';
import { Witnesses } from '../support/witnesses.ts';

const people = 4;
const withoutRedis = Bun.which('redis-server') === null ? 'no redis-server is installed' : null;
const absent = withoutHaproxy ?? withoutOwnPostgres ?? withoutOwnBrokers ?? withoutRedis;
describe.skipIf(absent !== null)(
  titleWith('a cluster under load whose services answer but accept no writes', absent),
  () => {
    let brokers: OwnBrokers;
    let postgres: OwnPostgres;
    let redis: OwnRedis;
    let cluster: ClusterProcesses;
    let witnesses: Witnesses;
    let writer: PlainWriter;

    beforeAll(async () => {
      [brokers, postgres, redis] = await Promise.all([OwnBrokers.start(1), OwnPostgres.start(), OwnRedis.start()]);
      const services = { kafka: brokers.addresses, postgres: postgres.url, redis: redis.url };
      cluster = await ClusterProcesses.start(services);
      witnesses = await Witnesses.gather(people, () => cluster.url, { pauseMs: 300 });
      writer = await PlainWriter.signUp(cluster.url);
      witnesses.write();
    });
    afterAll(async () => {
      witnesses?.leave();
      await cluster?.stop();
      await Promise.all([brokers?.remove(), postgres?.remove(), redis?.remove()]);
    });

    test('PostgreSQL in recovery: commands are refused with a time to retry until it is promoted', async () => {
      await witnesses.recoverAfter('PostgreSQL in recovery, then promoted', async () => {
        await postgres.becomeStandby();
        await writer.isRefused();
        await postgres.promote();
      });
      await writer.isTaken();
    });

    test('Kafka’s disk is full: commands are refused with a time to retry until it has space', async () => {
      await witnesses.recoverAfter('a broker without room, then with', async () => {
        await brokers.kill(0);
        brokers.startAgain(0, { fileBytesMax: 11_000_000 });
        // The broker serves until its files are full, then exits.
        await witnesses.untilAcknowledged(50);
        const said = witnesses.say(Array.from({ length: 1_200 }, () => 'ten bytes.'.repeat(1_000)));
        await brokers.ended(0);
        await writer.isRefused();
        brokers.startAgain(0);
        await said;
      });
      await writer.isTaken();
    });

    test('Redis is read-only: connections are refused with a time to retry until it accepts writes', async () => {
      await witnesses.recoverAfter('Redis read-only, then not', async () => {
        redis.command('REPLICAOF', '127.0.0.1', '1');
        await writer.cannotConnect();
        redis.command('REPLICAOF', 'NO', 'ONE');
      });
      await writer.isTaken();
    });

    test('finally, every view equals the history and every acknowledged message is there once (contract 1 to 4)', async () => {
      await witnesses.untilAcknowledged(50);
      await witnesses.stopWriting();
      await witnesses.agree();
      await writer.agrees();
    });
  },
);

/** A user with a client that never retries, for checking the server's answers. */
class PlainWriter {
  private lastMessage = 0;
  private readonly acknowledged = new Map<string, number>();

  private constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly conversationId: string,
  ) {}

  static async signUp(url: string): Promise<PlainWriter> {
    const post = async (path: string, body: object, token?: string) => {
      const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
      const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      return answer.json() as Promise<{ token: string; id: string }>;
    };
    const { token } = await post('/v1/signup', { username: 'plain', password: 'a good password' });
    const { id } = await post('/v1/groups', { name: 'plain', userIds: [] }, token);
    return new PlainWriter(url, token, id);
  }

  /** Sends by HTTP and by socket until each was refused, and checks both refusals. */
  async isRefused(): Promise<void> {
    let answer = await this.post();
    const isRefused = async () => {
      // A refusal can take seconds, so the first one counts.
      if (answer.ok) answer = await this.post();
      return !answer.ok;
    };
    await until('a message is refused', isRefused, { withinMs: 300_000 });
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    const problem = (await answer.json()) as Problem;
    expect(['unavailable', 'overloaded']).toContain(problem.code);
    expect(problem.detail).not.toBe('');
  }

  async cannotConnect(): Promise<void> {
    const socket = await WireClient.open(this.url);
    socket.send({ type: 'hello', token: this.token });
    const { code } = await socket.closed;
    expect(code).toBe(closeCodes.unavailable.code);
  }

  /** Sends messages until one is acknowledged. */
  async isTaken(): Promise<void> {
    const isTaken = async () => (await this.post()).ok;
    await until('a message is acknowledged', isTaken, { withinMs: 300_000, pauseMs: 100 });
  }

  /** Every acknowledged message is there once, with the acknowledged number. */
  async agrees(): Promise<void> {
    const answer = await fetch(`${this.url}/v1/conversations/${this.conversationId}/history?after=0&limit=200`, {
      headers: { authorization: `Bearer ${this.token}` },
    });
    const { entries } = (await answer.json()) as { entries: { seq: number; clientMessageId?: string }[] };
    const entriesById = Map.groupBy(entries, ({ clientMessageId }) => clientMessageId);
    for (const [id, seq] of this.acknowledged) expect(entriesById.get(id)?.map((entry) => entry.seq)).toEqual([seq]);
  }

  private async post(): Promise<Response> {
    const clientMessageId = `plain-${++this.lastMessage}`;
    const answer = await fetch(`${this.url}/v1/conversations/${this.conversationId}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.token}` },
      body: JSON.stringify({ clientMessageId, text: 'text' }),
    });
    if (answer.ok) this.acknowledged.set(clientMessageId, ((await answer.clone().json()) as Receipt).seq);
    return answer;
  }
}
