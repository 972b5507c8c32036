import type { ConversationId, MessageEntry, ServerFrame, ServerFrameOf } from '@parley/protocol';
import type { AmendmentRange } from './amendment-stream.ts';

/** A change of the receiver's own reactions; the entries of a frame have reactions as counts. */
export type OwnReaction = NonNullable<ServerFrameOf<'amended'>['ownReactions']>[number];

/** The frames of a range. Recipients learn nothing of messages that they may not read. */
export class RangeFrames {
  /** By the number of messages. */
  private readonly texts = new Map<number, string>();

  constructor(
    private readonly conversationId: ConversationId,
    private readonly range: AmendmentRange,
  ) {}

  /** The frame for recipients who may read the conversation from this number. */
  from(seq: number): string {
    const entries = this.visible(seq);
    const known = this.texts.get(entries.length);
    if (known !== undefined) return known;
    const text = JSON.stringify(this.frame(entries));
    this.texts.set(entries.length, text);
    return text;
  }

  /** The frame for one user. */
  personal(seq: number, ownReactions: OwnReaction[]): string {
    const own = ownReactions.filter((reaction) => reaction.seq >= seq);
    return own.length === 0 ? this.from(seq) : JSON.stringify({ ...this.frame(this.visible(seq)), ownReactions: own });
  }

  /** The frame for a user whose connections got the range already. */
  ownOnly(ownReactions: OwnReaction[]): string {
    return JSON.stringify({ ...this.frame([]), after: this.range.revision, ownReactions });
  }

  private visible(fromSeq: number): MessageEntry[] {
    return this.range.messages.filter(({ seq }) => seq >= fromSeq);
  }

  private frame(entries: MessageEntry[]) {
    const { conversationId } = this;
    const { after, revision } = this.range;
    return { type: 'amended', conversationId, after, revision, entries } as const satisfies ServerFrame;
  }
}
