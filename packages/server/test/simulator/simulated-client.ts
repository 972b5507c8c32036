import type { Entry, MessageEntry } from '@parley/protocol';
import { type Conversation, MemoryStore, type OutgoingMessage, type ParleyClient } from '@parley/sdk';
import type { ClientRecorder } from '../../src/checker/client-recorder.ts';
import type { Recorder } from '../../src/checker/recorder.ts';
import { recordedClient } from '../support/recorded-client.ts';
import { ClientNetwork, clusterUrl } from './client-network.ts';
import { emojiOf, type Operation } from './operations.ts';
import type { Owner } from './owner.ts';
import type { Random } from './random.ts';
import type { SimulatedWorld } from './world.ts';

/** A device with the SDK, whose frames and calls are recorded. */
export class SimulatedClient implements Owner {
  state: Owner['state'] = 'running';
  readonly network: ClientNetwork;
  readonly client: ParleyClient;
  /** The entries that it shows, as they are now, by conversation. */
  private readonly shown = new Map<string, Entry[]>();
  private readonly recording: ClientRecorder;
  /** The messages that it was told to send. */
  private readonly written: OutgoingMessage[] = [];
  /** The ids of those that were refused. A server that was paused when it received one can carry it out afterwards. */
  private readonly refused = new Set<string>();
  /** Ends its absence; null while it is not away. */
  private isAway = false;

  constructor(
    private readonly world: SimulatedWorld,
    readonly name: string,
    random: Random,
    recorder: Recorder,
  ) {
    this.network = new ClientNetwork(world, this, random);
    const options = { url: clusterUrl, store: new MemoryStore(), runtime: this.network.runtime() };
    const { client, recording } = recordedClient(recorder, name, options);
    this.client = client;
    this.recording = recording;
    client.on('outbox', ({ status, clientMessageId }) => {
      if (status === 'failed') this.refused.add(clientMessageId);
    });
    client.on('entry', (entry) => this.entriesOf(entry.conversationId).push(entry));
    client.on('amended', ({ conversation, messages }) => this.amended(conversation.id, messages));
    client.on('conversation', ({ conversation, removed }) => {
      if (removed) this.shown.delete(conversation.id);
    });
    client.on('skipped', ({ conversation }) => this.shown.delete(conversation.id));
    client.on('restored', ({ conversation }) => {
      if (conversation) this.shown.delete(conversation.id);
      else this.shown.clear();
    });
  }

  get userId(): string {
    return this.client.account?.id ?? '';
  }

  /** Does an operation, if it is possible now. */
  do(operation: Operation, conversationId: string, userIds: ReadonlyMap<string, string>): void {
    const conversation = this.client.conversations.get(conversationId);
    switch (operation.kind) {
      case 'away':
        this.away(operation.forMs);
        return;
      case 'send':
        if (conversation) this.send(conversation, operation.text);
        return;
      case 'read':
        conversation?.markRead();
        return;
      case 'remove':
        if (conversation) this.remove(conversation, userIds.get(operation.member) ?? '', operation.forMs);
        return;
      default:
        if (conversation) this.amend(conversation, operation);
    }
  }

  /** Comes back if it is away. */
  comeBack(): void {
    this.isAway = false;
    this.client.connect();
  }

  /** What keeps the client from being at rest; null when nothing does. */
  get unrest(): string | null {
    const { state, unsent } = this.client;
    if (state.name !== 'live') return `${this.name} is ${state.name}`;
    const waiting = [...unsent, ...this.written].filter(({ status }) => status !== 'failed' && status !== 'sent');
    return waiting.length > 0 ? `${this.name} has ${waiting.length} unsent messages` : null;
  }

  /**
   * What is wrong with the messages that it was told to send: one that failed although its sender is a member, and two
   * that were not refused and are not in the order in which they were written.
   */
  get wrongSends(): string[] {
    const failed = this.written.filter(({ status, failure }) => status === 'failed' && failure?.code !== notAMember);
    const sent = this.written.flatMap(({ text, receipt, clientMessageId }) =>
      receipt && !this.refused.has(clientMessageId) ? [{ text, seq: receipt.seq }] : [],
    );
    const early = sent.filter(({ seq }, index) => seq < (sent[index - 1]?.seq ?? 0));
    return [
      ...failed.map(({ text, failure }) => `${this.name} could not send ${text}: ${failure?.code ?? 'no reason'}`),
      ...early.map(({ text }) => `${this.name} wrote ${text} after a message with a higher number`),
    ];
  }

  /** Records what it has of the conversation, and reads the whole history. Returns the history. */
  async settle(conversationId: string): Promise<Entry[]> {
    const conversation = this.client.conversations.get(conversationId);
    if (!conversation) return [];
    const { headSeq, revision } = conversation.data;
    // A message that shows an amendment under way, and was not amended before, has the revision 0.
    const entries = this.entriesOf(conversationId).map((entry) =>
      entry.kind === 'message' && entry.revision === 0 ? { ...entry, revision: undefined } : entry,
    );
    const known = revision === undefined ? {} : { revision };
    this.recording.record({ type: 'settled', conversationId, headSeq, ...known, entries });
    const history: Entry[] = [];
    for (let after = 0, isLast = false; !isLast; ) {
      const page = await conversation.history({ after });
      isLast = page.entries.length === 0 || page.source === 'store';
      history.push(...page.entries);
      after = page.entries.at(-1)?.seq ?? after;
    }
    return history;
  }

  private send(conversation: Conversation, text: string): void {
    const message = conversation.send(text);
    this.written.push(message);
    message.sent().catch(ignored);
  }

  private away(forMs: number): void {
    if (this.isAway) return;
    this.isAway = true;
    this.client.close();
    this.world.kernel.at(forMs, this, 'comes back', () => this.comeBack());
  }

  private remove(conversation: Conversation, userId: string, forMs: number): void {
    conversation.remove(userId).catch(ignored);
    this.world.kernel.at(forMs, this, 'adds a member', () => {
      conversation.add([userId]).catch(ignored);
    });
  }

  private amend(conversation: Conversation, operation: Extract<Operation, { back: number }>): void {
    const messages = this.entriesOf(conversation.id).filter((entry) => entry.kind === 'message');
    const candidates =
      operation.kind === 'react' ? messages : messages.filter(({ senderId }) => senderId === this.userId);
    const message = candidates.at(-1 - operation.back);
    if (!message || message.deleted) return;
    const amending = conversation.message(message);
    if (operation.kind === 'edit') amending.edit(operation.text).done().catch(ignored);
    else if (operation.kind === 'delete') amending.delete().done().catch(ignored);
    else amending.react(emojiOf(this.name), operation.set).done().catch(ignored);
  }

  private amended(conversationId: string, messages: readonly MessageEntry[]): void {
    const entries = this.entriesOf(conversationId);
    for (const message of messages) {
      const index = entries.findIndex(({ seq }) => seq === message.seq);
      if (index >= 0) entries[index] = message;
    }
  }

  private entriesOf(conversationId: string): Entry[] {
    const entries = this.shown.get(conversationId) ?? [];
    this.shown.set(conversationId, entries);
    return entries;
  }
}

/** The code of a refusal of those who are not members. */
const notAMember = 'not_found';

/** The recording shows what became of it. */
function ignored(): void {
  // A refusal or a lost connection is an outcome like others.
}
