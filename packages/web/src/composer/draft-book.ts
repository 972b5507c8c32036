import {
  contains,
  type Draft,
  edited,
  emptyDraft,
  isSpent,
  kept,
  merged,
  newest,
  parseDraft,
  replying,
  returnedBy,
  type Taken,
  takenBy,
  unkept,
  withoutLostReplies,
} from './draft.ts';

/** The part of `localStorage` that drafts need. Other tabs get an event for every write, later and in order. */
export type DraftStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** The drafts of all conversations, as one tab knows them. */
export class DraftBook {
  private readonly known = new Map<string, Draft>();
  /** Drafts that other tabs stored while an input method composes text in this one. */
  private readonly held = new Map<string, Draft[]>();

  /**
   * @param tab names this tab among those that write a draft.
   * @param changed called when a text has changed.
   */
  constructor(
    private readonly storage: DraftStorage,
    private readonly tab: string,
    private readonly changed: () => void,
  ) {}

  textOf(key: string): string {
    return this.draftOf(key).text;
  }

  /** The number of the message that the draft replies to. */
  replyTo(key: string): number | undefined {
    return this.draftOf(key).replyTo;
  }

  /** The person chose the message to reply to; undefined: none. Stored at once. */
  reply(key: string, seq: number | undefined): void {
    this.put(key, replying(this.draftOf(key), this.tab, seq));
  }

  /** The server lost the messages after the number `keptSeq`: other ones may have their numbers. */
  restored(key: string, keptSeq: number): void {
    const draft = this.draftOf(key);
    const next = withoutLostReplies(draft, this.tab, keptSeq);
    if (next !== draft) this.put(key, next);
  }

  /** The person changed the text that this tab shows. Stored at once. */
  edit(key: string, text: string): void {
    this.put(key, edited(this.draftOf(key), this.tab, text));
  }

  /** Takes the text for sending; it leaves the box of every tab. {@link kept} or {@link giveBack} follows. */
  take(key: string, clientMessageId: string): void {
    this.put(key, takenBy(this.draftOf(key), this.tab, clientMessageId));
  }

  /** Texts taken for sending by tabs that may have been closed before the message was stored. */
  unkept(key: string): Taken[] {
    return unkept(this.draftOf(key).taken);
  }

  /** The message is stored for sending. */
  kept(key: string, clientMessageId: string): void {
    this.put(key, kept(this.draftOf(key), this.tab, clientMessageId));
  }

  /** The message could not be stored. */
  giveBack(key: string, clientMessageId: string): void {
    this.put(key, returnedBy(this.draftOf(key), this.tab, clientMessageId));
  }

  /**
   * Holds back changes from and to other tabs until the returned function is called: a text that an input method is
   * composing must not change.
   */
  hold(key: string): () => void {
    const waiting: Draft[] = [];
    this.held.set(key, waiting);
    return () => {
      if (this.held.get(key) !== waiting) return;
      this.held.delete(key);
      for (const draft of waiting) this.receive(key, draft);
      this.put(key, this.draftOf(key));
    };
  }

  /** Another tab changed what is stored. */
  received(key: string, oldValue: string | null, newValue: string | null): void {
    const draft = parseDraft(newValue);
    if (draft) this.receive(key, draft);
    else this.removed(key, parseDraft(oldValue));
  }

  /** Takes over changes that were stored while this tab received no events. */
  catchUp(): void {
    for (const key of this.known.keys()) this.received(key, null, this.storage.getItem(key));
  }

  /** Forgets all drafts; the storage is not touched. */
  clear(): void {
    this.known.clear();
    this.held.clear();
    this.changed();
  }

  private draftOf(key: string): Draft {
    const draft = this.known.get(key) ?? parseDraft(this.storage.getItem(key)) ?? emptyDraft;
    this.known.set(key, draft);
    return draft;
  }

  private put(key: string, draft: Draft): void {
    if (this.held.has(key)) {
      this.adopt(key, draft);
      return;
    }
    const stored = parseDraft(this.storage.getItem(key));
    this.store(key, stored && !contains(draft, stored) ? merged(draft, stored) : draft);
  }

  private store(key: string, draft: Draft): void {
    this.known.set(key, draft);
    // The last version tells other tabs what became of the draft.
    this.storage.setItem(key, JSON.stringify(draft));
    if (isSpent(draft)) this.storage.removeItem(key);
    this.changed();
  }

  private receive(key: string, other: Draft): void {
    const own = this.draftOf(key);
    const waiting = this.held.get(key);
    if (waiting) {
      waiting.push(other);
      return;
    }
    const next = newest(own, other);
    if (next === other) this.adopt(key, other);
    // Other tabs take over what is stored last: it must not be the outdated version.
    else if (next !== own || contains(other, own)) this.store(key, next);
  }

  /** The stored draft was removed. A text that the removing tab did not know of stays. */
  private removed(key: string, last: Draft | null): void {
    const own = this.known.get(key);
    if (!own || isSpent(own) || this.held.has(key)) return;
    if (!last) this.adopt(key, { text: '', writes: own.writes, taken: {} });
    else if (contains(last, own)) this.adopt(key, last);
    else this.store(key, own);
  }

  private adopt(key: string, draft: Draft): void {
    this.known.set(key, draft);
    this.changed();
  }
}
