import type { Participant } from './conversation.ts';
import type { ReadPosition } from './conversations-port.ts';

/** The position of a member who has read nothing since joining. */
export function positionOnJoining({ joinedSeq, joinedMessageCount }: Participant): ReadPosition {
  return { seq: joinedSeq, messageCount: joinedMessageCount, version: 0, receiptSeq: 0 };
}

/** The position as its user sees it. */
export function ownView(position: ReadPosition): { seq: number; messageCount: number; readVersion?: number } {
  const { seq, messageCount } = position;
  return { seq, messageCount, ...readVersionOf(position) };
}

export function readVersionOf({ version }: ReadPosition): { readVersion?: number } {
  return version > 0 ? { readVersion: version } : {};
}

/** How far the user has read, as other members see it: marking as unread does not change that. */
export function receiptOf(position: Pick<ReadPosition, 'seq' | 'receiptSeq'> | undefined): number {
  return position ? Math.max(position.seq, position.receiptSeq) : 0;
}
