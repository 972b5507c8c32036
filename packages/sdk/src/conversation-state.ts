import {
  type Conversation as ConversationData,
  type ConversationId,
  type Entry,
  isLaterThan,
  type ReadPoint,
} from '@parley/protocol';
import { AmendedMessages } from './amended-messages.ts';
import { Sequencer } from './sequencer.ts';

const none: readonly number[] = [];
/** Of the user's messages after the read position, only so many of a conversation are remembered. */
const ownUnreadMax = 500;

/**
 * The internal state of one conversation.
 *
 * @typeParam View what callers get of it, see `ConversationRecord`.
 */
export class ConversationState<View> {
  readonly id: ConversationId;
  readonly conversation: View;
  /** Replaced when the conversation is read again after a restore of the server. */
  sequencer: Sequencer;
  /** Set while the conversation is read again after a restore of the server. Live entries wait meanwhile. */
  rereading: Promise<void> | null = null;
  /**
   * The head when the user last wrote a message here. Entries up to it count as read once the message arrives, later
   * ones do not.
   */
  writtenAtSeq = 0;
  /** The version of the read position after which the user's stored messages were looked for. */
  countedVersion: number;
  /** Replaced like the sequencer. */
  amended: AmendedMessages;
  /** Set while missed amendments are fetched. */
  revising: Promise<void> | null = null;
  /** What the store has of the amendments: all up to this revision. */
  storedRevision: number;
  /**
   * Entries up to this number were written before the data from which the first revision is. They are only taken from
   * pages: a live one may arrive later in a state from before an amendment that the revision includes.
   */
  onPagesUpTo: number;
  /** Resolves when the last amendments are in the store. */
  kept: Promise<void> = Promise.resolve();
  /** Set while missing entries are fetched. There is at most one fetch at a time. */
  filling: Promise<void> | null = null;

  /**
   * @param ownUnread the numbers of the user's known messages after the read position. The server counts them as
   *   unread; the unread count of `data` does not include them.
   */
  constructor(
    public data: ConversationData,
    position: number,
    createView: (state: ConversationState<View>) => View,
    public ownUnread = none,
  ) {
    this.id = data.id;
    this.countedVersion = this.readPoint.version;
    this.sequencer = new Sequencer(position);
    this.storedRevision = data.revision ?? 0;
    this.onPagesUpTo = this.storedRevision > 0 ? data.headSeq : 0;
    this.amended = new AmendedMessages(this.storedRevision);
    this.conversation = createView(this);
  }

  /** The highest number that the server is known to have assigned. */
  get highestSeq(): number {
    return Math.max(this.sequencer.position, this.data.headSeq);
  }

  get readPoint(): ReadPoint {
    return readPointOf(this.data);
  }

  /**
   * Replaces the data by that of the server.
   *
   * @param keepsReadPosition whether a read position that is ahead of the server's is kept.
   */
  receive(data: ConversationData, keepsReadPosition: boolean): void {
    const known = this.data;
    const { membership, messageCount } = data;
    const [own, theirs] = [this.readPoint, readPointOf(data)];
    let { unreadCount } = data;
    // The last message may have been amended after the data was read.
    const lastMessage = data.lastMessage && this.amended.newest(data.lastMessage);
    // A server of an earlier version sends no epoch.
    this.data = { ...data, epoch: data.epoch ?? known.epoch, lastMessage };
    if (membership && keepsReadPosition && isLaterThan(own, theirs)) {
      const knownCount = known.unreadCount + this.ownUnread.length + messageCount - known.messageCount;
      unreadCount = own.version > theirs.version ? knownCount : Math.min(unreadCount, knownCount);
      this.data.membership = { ...membership, readSeq: own.seq, readVersion: own.version };
    }
    this.setUnread(unreadCount);
  }

  /**
   * Takes over a read position, up to which there are `messageCount` messages, if it is later than the known one. Returns
   * whether that was so.
   *
   * @param isForced whether to take over an earlier one too.
   */
  read(to: ReadPoint, messageCount: number, isForced = false): boolean {
    const { membership } = this.data;
    if (!membership || !(isForced || isLaterThan(to, this.readPoint))) return false;
    this.data = { ...this.data, membership: { ...membership, readSeq: to.seq, readVersion: to.version } };
    this.setUnread(this.data.messageCount - messageCount);
    return true;
  }

  /** Whether there are unread messages of others before this entry, which is after the read position. */
  hasUnreadBefore({ seq, messageCount }: Entry): boolean {
    const { data, ownUnread } = this;
    const readCount = data.messageCount - data.unreadCount - ownUnread.length;
    return messageCount - 1 - ownUnread.filter((own) => own < seq).length > readCount;
  }

  /** A message of the user after the read position. It does not count as unread. */
  addOwnUnread(seq: number): void {
    const { data, ownUnread } = this;
    if (ownUnread.includes(seq) || ownUnread.length >= ownUnreadMax) return;
    this.ownUnread = [...ownUnread, seq];
    this.data = { ...data, unreadCount: Math.max(0, data.unreadCount - 1) };
  }

  /** @param countOfServer the number of messages after the read position, including those of the user. */
  private setUnread(countOfServer: number): void {
    const { readSeq } = this.data.membership ?? { readSeq: 0 };
    if (this.ownUnread.length > 0) this.ownUnread = this.ownUnread.filter((seq) => seq > readSeq);
    this.data.unreadCount = Math.max(0, countOfServer - this.ownUnread.length);
  }

  /** What an earlier run stored has the amendments up to this revision. */
  keptUpTo(revision: number): void {
    this.storedRevision = revision;
    this.amended.revision = revision;
    // The amendments after this revision, which will be fetched, include those of entries that were not shown.
    this.onPagesUpTo = 0;
  }

  /** Starts again with a history in which the entries up to `position` are as before and count as shown. */
  startAgain(data: ConversationData, position: number): void {
    this.data = data;
    this.writtenAtSeq = Math.min(this.writtenAtSeq, position);
    this.ownUnread = none;
    this.sequencer = new Sequencer(position);
    this.storedRevision = data.revision ?? 0;
    this.onPagesUpTo = this.storedRevision > 0 ? data.headSeq : 0;
    this.amended = new AmendedMessages(this.storedRevision);
  }
}

export function readPointOf({ membership }: ConversationData): ReadPoint {
  return { seq: membership?.readSeq ?? 0, version: membership?.readVersion ?? 0 };
}
