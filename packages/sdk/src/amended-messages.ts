import type { Entry, MessageEntry, ServerFrameOf } from '@parley/protocol';
import { later, ownReactionsOf, revisionOf, withOwnReactions } from './store/entry-versions.ts';

export type OwnReactions = NonNullable<ServerFrameOf<'amended'>['ownReactions']>;

/** Amended messages whose state is kept in memory. Older ones are in the store and on the server. */
const keptMax = 1_000;

/**
 * The amendments of one conversation. An entry can arrive after its amendment, for example on a page that was read
 * before it: the later state counts.
 */
export class AmendedMessages {
  private readonly states = new Map<number, MessageEntry>();
  /** The user's own reactions, by number. Numbers that this client has not read are missing. */
  private readonly own = new Map<number, Set<string>>();

  /** @param revision all amendments up to this one are known and applied to what the store has. */
  constructor(public revision: number) {}

  /** The latest known state of an entry that was read for this user: it marks the user's reactions. */
  latest<Given extends Entry>(entry: Given): Given {
    if (entry.kind !== 'message') return entry;
    // Of the same type, because it has the same number.
    return this.marked(this.read(entry)) as Given;
  }

  /** The latest known state of a message that was not read for this user. */
  newest(message: MessageEntry): MessageEntry {
    return this.marked(later(message, this.states.get(message.seq)));
  }

  /**
   * Takes the state of an amended message, and returns it, or a later one that is known.
   *
   * @param isForUser whether it marks the user's reactions.
   */
  take(message: MessageEntry, isForUser: boolean): MessageEntry {
    const state = isForUser ? this.marked(this.read(message)) : this.newest(message);
    // Deleted first, so that the oldest amendment is the first.
    this.states.delete(message.seq);
    this.states.set(message.seq, state);
    for (const oldest of this.states.keys()) {
      if (this.states.size <= keptMax) break;
      this.states.delete(oldest);
    }
    return state;
  }

  /** Takes changes of the user's own reactions. */
  takeOwn(reactions: OwnReactions): void {
    for (const { seq, emoji, set } of reactions) {
      const own = this.own.get(seq) ?? new Set();
      this.own.set(seq, own);
      if (set) own.add(emoji);
      else own.delete(emoji);
      const state = this.states.get(seq);
      if (state) this.states.set(seq, this.marked(state));
    }
  }

  /** The state of a stored entry after its amendment. Keeps the user's reactions if only the store has them. */
  stored(before: Entry, message: MessageEntry): Entry {
    if (before.kind !== 'message' || revisionOf(before) > revisionOf(message)) return before;
    return this.own.has(message.seq) ? message : withOwnReactions(message, ownReactionsOf(before));
  }

  /** The state of an amended message, if it is in memory. */
  known(seq: number): MessageEntry | undefined {
    return this.states.get(seq);
  }

  clear(): void {
    this.states.clear();
    this.own.clear();
  }

  private read(message: MessageEntry): MessageEntry {
    const { seq } = message;
    const state = later(message, this.states.get(seq));
    const known = this.own.get(seq);
    // Of a message that was amended since, the user's reactions may be known from an event.
    if (state === message ? known || message.reactions : !known) this.own.set(seq, ownReactionsOf(message));
    return state;
  }

  private marked(message: MessageEntry): MessageEntry {
    const own = this.own.get(message.seq);
    return own ? withOwnReactions(message, own) : message;
  }
}
