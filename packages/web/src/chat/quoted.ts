import type { ConversationId, Entry, MessageEntry } from '@parley/protocol';
import type { History, HistoryRange } from '@parley/sdk';

/** A message that replies quote, or null if there is none with this number that the person may see. */
type State = MessageEntry | null;

/** The messages that replies quote, in their present states. Requests those that are not known. */
export class Quoted {
  private readonly states = new Map<ConversationId, Map<number, State>>();
  private readonly requested = new Set<string>();
  private generation = 0;

  /** @param changed is called when requested messages have arrived. */
  constructor(
    private readonly history: (conversationId: ConversationId, range: HistoryRange) => Promise<History>,
    private readonly changed: () => void,
  ) {}

  /** The message with this number; undefined until it has arrived. */
  of(conversationId: ConversationId, seq: number): State | undefined {
    const state = this.states.get(conversationId)?.get(seq);
    const key = `${conversationId} ${seq}`;
    if (state === undefined && !this.requested.has(key)) {
      this.requested.add(key);
      queueMicrotask(() => void this.request(conversationId, seq));
    }
    return state;
  }

  /** Takes the messages that a page brings for its replies. */
  learn({ quoted = [] }: History): void {
    for (const message of quoted) this.read(message.conversationId, message.seq, message);
  }

  /** Quoted messages are to be shown in these states. */
  amended(conversationId: ConversationId, messages: readonly MessageEntry[]): void {
    for (const message of messages) {
      const { seq } = message;
      const isQuoted = this.states.get(conversationId)?.has(seq) || this.requested.has(`${conversationId} ${seq}`);
      if (isQuoted) this.put(conversationId, seq, message);
    }
  }

  /** Messages that could not be read without a connection are requested again when they are next needed. */
  connected(): void {
    this.requested.clear();
  }

  forget(conversationId: ConversationId): void {
    this.states.delete(conversationId);
    this.requested.clear();
    this.generation++;
  }

  clear(): void {
    this.states.clear();
    this.requested.clear();
    this.generation++;
  }

  private async request(conversationId: ConversationId, seq: number): Promise<void> {
    const { generation } = this;
    const around = { around: seq, limit: 1 };
    const isIt = (entry: Entry) => entry.seq === seq;
    try {
      const stored = await this.history(conversationId, { ...around, from: 'store' });
      const page = stored.entries.some(isIt) ? stored : await this.history(conversationId, around);
      // The conversation was left, or the session ended, meanwhile.
      if (this.generation !== generation) return;
      const entry = page.entries.find(isIt);
      if (entry?.kind === 'message') this.read(conversationId, seq, entry);
      else if (entry || page.source === 'server') this.read(conversationId, seq, null);
      else return;
      this.changed();
    } catch {
      // The connection is gone: requested again when it is back.
    }
  }

  /** Takes a state that was read. An amendment that arrived meanwhile is newer. */
  private read(conversationId: ConversationId, seq: number, state: State): void {
    const known = this.states.get(conversationId)?.get(seq);
    if (!known || (state && (state.revision ?? 0) > (known.revision ?? 0))) this.put(conversationId, seq, state);
  }

  private put(conversationId: ConversationId, seq: number, state: State): void {
    const states = this.states.get(conversationId) ?? new Map<number, State>();
    this.states.set(conversationId, states.set(seq, state));
  }
}
