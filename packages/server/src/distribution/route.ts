import { type Entry, limits, type UserId } from '@parley/protocol';
import { type ConversationHead, covers, isBroadcast, type Participant } from '../conversations/conversation.ts';
import { concernedUsers } from '../conversations/entry-users.ts';
import { batchMax } from './command-log-port.ts';

/**
 * A conversation that has just become broadcast is routed both ways for this many entries. From these entries, or from
 * their replay after a crash, the servers of its members learn that they have to register interest. No batch has more
 * entries. Receivers drop duplicates by number.
 */
export const bothWaysEntries = batchMax;

/**
 * For these entries, so many of the earliest members get entries as participants: twice the number that makes a
 * conversation broadcast.
 */
export const bothWaysMembers = limits.directFanOutMembers * 2;

/** Whether the entry `seq` goes to the servers of the conversation's participants. */
export function routesByParticipants(head: ConversationHead, seq: number): boolean {
  return !isBroadcast(head) || seq < head.broadcastSeq + bothWaysEntries;
}

/** The current and former members of a conversation that the routing of a batch needs. */
export interface Audience {
  /** Current members; null when the conversation is not routed by participants. */
  members: readonly Participant[] | null;
  /** Participants that the batch changed, and those who left within it and joined again. */
  changed: readonly Participant[];
}

/** The users who get `entry` on all their servers (contract 8): those whose membership covers it. */
export function recipients(entry: Entry, audience: Audience): Set<UserId> {
  if (entry.kind === 'created') return new Set(concernedUsers(entry));
  const userIds = new Set<UserId>();
  if (audience.members) {
    for (const member of audience.members) if (covers(member, entry.seq)) userIds.add(member.userId);
    for (const participant of audience.changed) if (covers(participant, entry.seq)) userIds.add(participant.userId);
  } else {
    const concerned = new Set(concernedUsers(entry));
    for (const participant of audience.changed) {
      if (concerned.has(participant.userId) && covers(participant, entry.seq)) userIds.add(participant.userId);
    }
  }
  return userIds;
}
