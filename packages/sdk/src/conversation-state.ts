import type { Conversation as ConversationData, ConversationId } from '@parley/protocol';
import { Sequencer } from './sequencer.ts';

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
  /** Set while missing entries are fetched. There is at most one fetch at a time. */
  filling: Promise<void> | null = null;

  constructor(
    public data: ConversationData,
    position: number,
    createView: (state: ConversationState<View>) => View,
  ) {
    this.id = data.id;
    this.sequencer = new Sequencer(position);
    this.conversation = createView(this);
  }

  /** The highest number that the server is known to have assigned. */
  get highestSeq(): number {
    return Math.max(this.sequencer.position, this.data.headSeq);
  }

  /** Starts again with a history in which the entries up to `position` count as shown. */
  startAgain(data: ConversationData, position: number): void {
    this.data = data;
    this.sequencer = new Sequencer(position);
  }
}
