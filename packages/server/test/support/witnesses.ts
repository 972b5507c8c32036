import { expect } from 'bun:test';
import type { Entry, Receipt } from '@parley/protocol';
import { type Conversation, MemoryStore, ParleyClient } from '@parley/sdk';
import { RandomAmendments } from './random-amendments.ts';
import { ShownConversation } from './shown-conversation.ts';
import { until } from './until.ts';

/**
 * The number of commands that a witness sends before it waits for their acks: messages, and, if the server offers
 * amendments, one amendment.
 */
const batchSize = 5;
const password = 'a good password';

/** What one device shows of the group, and what was acknowledged to it. */
interface Witness {
  client: ParleyClient;
  store: MemoryStore;
  conversation: Conversation;
  shown: ShownConversation;
  acknowledged: { clientMessageId: string; receipt: Receipt }[];
}

/**
 * Users who keep writing to one group during every interruption, and record what they see and what is acknowledged. In
 * the end all of it has to agree (contract 1 to 4).
 */
export class Witnesses {
  /** The amendments of all witnesses. */
  readonly amendments = new RandomAmendments(
    (below) => Math.floor(Math.random() * below),
    () => `edited ${Math.random()}`,
  );
  private writing = true;
  private writers: Promise<void>[] = [];
  /** The durations of acks since they were last read, in milliseconds. */
  private latenciesMs: number[] = [];

  private constructor(
    private readonly people: readonly [Witness, ...Witness[]],
    /** The first user on another device, which only shows what happens. */
    private readonly silent: Witness,
    private readonly pauseMs: number,
  ) {}

  /**
   * `urlOf` returns the server to which each of them connects. Each writes nothing for `pauseMs` after a batch: writers
   * without a pause occupy all cores of a small machine.
   */
  static async gather(count: number, urlOf: (index: number) => string, { pauseMs = 0 } = {}): Promise<Witnesses> {
    const devices = await Promise.all(
      Array.from({ length: count }, (_, index) =>
        connected(urlOf(index), (client) => client.signup({ username: `writer${index}`, password })),
      ),
    );
    const [first] = devices as [Device];
    const userIds = devices.map(({ client }) => client.account?.id ?? '');
    const { id } = await first.client.conversations.createGroup({ name: 'survivors', userIds });
    const other = await connected(urlOf(0), (client) => client.login({ username: 'writer0', password }));
    const [silent, ...people] = await Promise.all([other, ...devices].map((device) => witness(device, id)));
    return new Witnesses(people as [Witness, ...Witness[]], silent as Witness, pauseMs);
  }

  /** Starts writing: each witness sends the next {@link batchSize} commands when that many were acknowledged. */
  write(): void {
    const note = (latencyMs: number) => this.latenciesMs.push(latencyMs);
    this.writers = this.people.map(async (person) => {
      while (this.writing) {
        await writeBatch(person, this.amendments, note);
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

  /** The number of acknowledged messages and amendments of all witnesses. */
  get acknowledged(): number {
    return this.people.reduce((sum, { acknowledged }) => sum + acknowledged.length, this.amendments.count);
  }

  /** Resolves when `more` further messages and amendments were acknowledged. */
  async untilAcknowledged(more: number): Promise<void> {
    const before = this.acknowledged;
    await until(`${more} more commands are acknowledged`, () => this.acknowledged >= before + more, {
      withinMs: 300_000,
    });
  }

  /** Resolves when more commands are acknowledged than can be in flight now. */
  private untilAllWroteOn(): Promise<void> {
    return this.untilAcknowledged(this.people.length * batchSize + 1);
  }

  /** Connects those at once who wait for the next attempt, as a browser does when it is online again. */
  connectNow(): void {
    for (const { client } of this.devices) {
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

  /** Stops writing; resolves when every command is acknowledged. */
  async stopWriting(): Promise<void> {
    this.writing = false;
    await Promise.all(this.writers);
    await Promise.all(this.devices.map(({ client }) => client.live()));
  }

  /**
   * Compares each device with the history as its user reads it, and the history with the acknowledged messages and
   * amendments. Returns the history.
   */
  async agree(): Promise<Entry[]> {
    const histories: Entry[][] = [];
    for (const { shown, store } of this.devices) histories.push(await shown.agrees(store));
    const [history = []] = histories;
    const states = history.map(withoutMarks);
    for (const each of histories) expect(each.map(withoutMarks)).toEqual(states);
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
    this.amendments.expectIn(history);
    return history;
  }

  leave(): void {
    this.writing = false;
    for (const { client } of this.devices) client.close();
  }

  private get devices(): Witness[] {
    return [...this.people, this.silent];
  }
}

type Device = Pick<Witness, 'client' | 'store'>;

async function connected(url: string, enter: (client: ParleyClient) => Promise<unknown>): Promise<Device> {
  const store = new MemoryStore();
  const client = new ParleyClient({ url, store });
  await enter(client);
  client.connect();
  await client.live();
  return { client, store };
}

async function witness({ client, store }: Device, conversationId: string): Promise<Witness> {
  await until('the witness has the conversation', () => client.conversations.get(conversationId) !== undefined);
  const conversation = client.conversations.get(conversationId) as Conversation;
  return { client, store, conversation, shown: new ShownConversation(client, conversation), acknowledged: [] };
}

async function writeBatch(
  { client, conversation, shown, acknowledged }: Witness,
  amendments: RandomAmendments,
  note: (latencyMs: number) => void,
): Promise<void> {
  const startedMs = performance.now();
  const amending = client.serverFeatures.includes('amendments') ? amendments.make(shown) : null;
  const count = amending ? batchSize - 1 : batchSize;
  const batch = Array.from({ length: count }, () => conversation.send(`text ${Math.random()}`));
  for (const message of batch) {
    acknowledged.push({ clientMessageId: message.clientMessageId, receipt: await message.sent() });
    note(performance.now() - startedMs);
  }
  await amending;
}

/** Without the marks of the user's own reactions, which differ between users. */
function withoutMarks(entry: Entry): Entry {
  if (entry.kind !== 'message' || !entry.reactions) return entry;
  return { ...entry, reactions: entry.reactions.map(({ mine, ...reaction }) => reaction) };
}
