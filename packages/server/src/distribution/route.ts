import { type Entry, limits, type UserId } from '@parley/protocol';
import { type ConversationHead, covers, isBroadcast, type Participant } from '../conversations/conversation.ts';
import { concernedUsers } from '../conversations/entry-users.ts';
import { batchMax } from './command-log-port.ts';

/**
 * A conversation that has just outgrown fan-out by participants is served both ways for so many entries: whoever
 * listened already learns by them, or by their replay after a crash, that their server is to register its interest.
 * No batch holds more. What comes twice falls away by number.
 */
export const bothWaysEntries = batchMax;

/** Its earliest members are told as participants meanwhile: all who listened before, and as many again. */
export const bothWaysMembers = limits.directFanOutMembers * 2;

/** Whether the entry `seq` of the conversation goes to its participants' servers. */
export function routesByParticipants(head: ConversationHead, seq: number): boolean {
  return !isBroadcast(head) || seq < head.broadcastSeq + bothWaysEntries;
}

/** Whoever was and is in one conversation, as far as a batch needs to know. */
export interface Audience {
  /** Current members; null when the conversation is not routed by participants. */
  members: readonly Participant[] | null;
  /** Participants as the batch left them, and those who left within it. */
  changed: readonly Participant[];
}

/** Who gets `entry` as a person (contract 8): those whose membership covers it. */
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
