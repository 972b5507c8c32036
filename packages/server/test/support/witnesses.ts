import { expect } from 'bun:test';
import type { Entry, Receipt } from '@parley/protocol';
import { type Conversation, ParleyClient } from '@parley/sdk';
import { until } from './until.ts';

/** The number of messages that a witness sends before it waits for their acks. */
const batchSize = 5;

/** What one user saw in the group, and what was acknowledged to them. */
interface Witness {
  client: ParleyClient;
  conversation: Conversation;
  seen: Entry[];
  acknowledged: { clientMessageId: string; receipt: Receipt }[];
}

/**
 * Users who keep writing to one group during every interruption, and record what they see and what is acknowledged. In
 * the end all of it has to agree (contract 1 to 4).
 */
export class Witnesses {
  private writing = true;
  private writers: Promise<void>[] = [];
  /** The durations of acks since they were last read, in milliseconds. */
  private latenciesMs: number[] = [];

  private constructor(
    private readonly people: readonly [Witness, ...Witness[]],
    private readonly pauseMs: number,
  ) {}

  /**
   * `urlOf` returns the server to which each of them connects. Each writes nothing for `pauseMs` after a batch: writers
   * without a pause occupy all cores of a small machine.
   */
  static async gather(count: number, urlOf: (index: number) => string, { pauseMs = 0 } = {}): Promise<Witnesses> {
    const clients = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const client = new ParleyClient({ url: urlOf(index) });
        await client.signup({ username: `writer${index}`, password: 'a good password' });
        client.connect();
        await client.live();
        return client;
      }),
    );
    const [first] = clients as [ParleyClient];
    const userIds = clients.map((client) => client.account?.id ?? '');
    const { id } = await first.conversations.createGroup({ name: 'survivors', userIds });
    const people = await Promise.all(clients.map((client) => witness(client, id)));
    return new Witnesses(people as [Witness, ...Witness[]], pauseMs);
  }

  /** Starts writing: each witness sends the next {@link batchSize} messages when that many were acknowledged. */
  write(): void {
    const note = (latencyMs: number) => this.latenciesMs.push(latencyMs);
    this.writers = this.people.map(async (person) => {
      while (this.writing) {
        await writeBatch(person, note);
        if (this.pauseMs > 0) await Bun.sleep(this.pauseMs);
      }
    });
  }

  /** The first witness sends each of these texts; resolves when all are acknowledged. */
  async say(texts: readonly string[]): Promise<void> {
    const [{ conversation, acknowledged }] = this.people;
    const messages = texts.map((text) => conversation.send(text));
    for (const message of messages) {
      acknowledged.push({ clientMessageId: message.clientMessageId, receipt: await message.sent() });
    }
  }

  /** The durations of acks since the last call. */
  takeLatencies(): number[] {
    return this.latenciesMs.splice(0);
  }

  /** The number of acknowledged messages of all witnesses. */
  get acknowledged(): number {
    return this.people.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
  }

  /** Resolves when `more` further messages were acknowledged. */
  async untilAcknowledged(more: number): Promise<void> {
    const before = this.acknowledged;
    await until(`${more} more messages are acknowledged`, () => this.acknowledged >= before + more, {
      withinMs: 300_000,
    });
  }

  /** Resolves when more messages are acknowledged than can be in flight now. */
  private untilAllWroteOn(): Promise<void> {
    return this.untilAcknowledged(this.people.length * batchSize + 1);
  }

  /** Connects those at once who wait for the next attempt, as a browser does when it is online again. */
  connectNow(): void {
    for (const { client } of this.people) {
      if (client.state.name !== 'waiting') continue;
      client.close();
      client.connect();
    }
  }

  /** Resolves when messages are acknowledged again after `disturb`, and prints how long that took. */
  async recoverAfter(what: string, disturb: () => Promise<void>): Promise<void> {
    await this.untilAllWroteOn();
    const startedMs = performance.now();
    await disturb();
    this.connectNow();
    await this.untilAllWroteOn();
    console.log(`${what}: acknowledged again after ${Math.round(performance.now() - startedMs)} ms`);
  }

  /** Stops writing; resolves when every message is acknowledged. */
  async stopWriting(): Promise<void> {
    this.writing = false;
    await Promise.all(this.writers);
    await Promise.all(this.people.map(({ client }) => client.live()));
  }

  /** Compares each view with the history, and the history with the acknowledged messages. Returns the history. */
  async agree(): Promise<Entry[]> {
    const [first] = this.people;
    const history = await historyOf(first);
    expect(history.map(({ seq }) => seq)).toEqual(Array.from(history, (_, index) => index + 1));
    const messages = history.filter((entry) => entry.kind === 'message');
    const ids = messages.map(({ senderId, clientMessageId }) => `${senderId} ${clientMessageId}`);
    expect(new Set(ids).size).toBe(ids.length);
    const bySeq = new Map(messages.map((entry) => [entry.seq, entry]));
    for (const { client, acknowledged } of this.people) {
      for (const { clientMessageId, receipt } of acknowledged) {
        const { seq, atMs } = receipt;
        expect(bySeq.get(seq)).toMatchObject({ clientMessageId, senderId: client.account?.id, atMs });
      }
    }
    for (const { seen } of this.people) {
      await until('a witness has seen the whole history', () => seen.length === history.length, { withinMs: 300_000 });
      expect(seen).toEqual(history);
    }
    return history;
  }

  leave(): void {
    this.writing = false;
    for (const { client } of this.people) client.close();
  }
}

async function witness(client: ParleyClient, conversationId: string): Promise<Witness> {
  await until('the witness has the conversation', () => client.conversations.get(conversationId) !== undefined);
  const conversation = client.conversations.get(conversationId) as Conversation;
  const person: Witness = { client, conversation, seen: [], acknowledged: [] };
  void follow(person);
  return person;
}

async function follow({ conversation, seen }: Witness): Promise<void> {
  for await (const entry of conversation.live({ after: 0 })) seen.push(entry);
}

async function writeBatch({ conversation, acknowledged }: Witness, note: (latencyMs: number) => void): Promise<void> {
  const startedMs = performance.now();
  const batch = Array.from({ length: batchSize }, () => conversation.send(`text ${Math.random()}`));
  for (const message of batch) {
    acknowledged.push({ clientMessageId: message.clientMessageId, receipt: await message.sent() });
    note(performance.now() - startedMs);
  }
}

async function historyOf({ client, conversation }: Witness): Promise<Entry[]> {
  const entries: Entry[] = [];
  while (true) {
    const after = entries.at(-1)?.seq ?? 0;
    const page = await client.call('getHistory', { conversationId: conversation.id, after, limit: 200 });
    if (page.entries.length === 0) return entries;
    entries.push(...page.entries);
  }
}
