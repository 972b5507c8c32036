import { assumptions } from './assumptions.ts';
import type { Load } from './load.ts';
import type { Units } from './units.ts';

/** A message to the largest channel. */
export interface LargestChannel {
  onlineMembers: number;
  /** One for each edge with a member. */
  copies: number;
  /** Processor time of each edge. */
  edgeMs: number;
  /** Processor time of the distributor. */
  distributorMs: number;
  /** Messages a second that the edges can deliver, up to the rate limit of a conversation. */
  messagesMax: number;
  /** What the members take on disk, without what they send. */
  memberMB: number;
}

export function channelOf(units: Units, load: Load, edges: number): LargestChannel {
  const { members, online, dailyUsers, utilisation } = load;
  const onlineMembers = Math.ceil(members * (online / dailyUsers));
  const copies = Math.min(edges, onlineMembers);
  const edgeUs = (onlineMembers / copies) * units.edgeBroadcastUs;
  return {
    ...{ onlineMembers, copies },
    edgeMs: edgeUs / 1_000,
    distributorMs: (units.distributorMessageUs + copies * units.distributorCopyUs) / 1_000,
    messagesMax: Math.min(assumptions.conversationMessages.value, (utilisation * 1e6) / edgeUs),
    memberMB: (members * units.memberBytes) / 1e6,
  };
}
