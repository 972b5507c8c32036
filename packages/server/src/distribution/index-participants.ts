import type { ConversationId } from '@parley/protocol';
import { isBroadcast, type Participant } from '../conversations/conversation.ts';
import type { ConversationStore } from '../conversations/conversations-port.ts';
import type { BatchResult } from './decide-batch.ts';

const pageSize = 500;

/**
 * Writes the participants of a batch to the index by user. Safe to repeat, because rows are versioned by entry number
 * (race 8).
 */
export async function indexParticipants(
  result: BatchResult,
  conversations: Pick<ConversationStore, 'indexParticipants' | 'members'>,
): Promise<void> {
  const rows = Array.from(result.participants.values(), (participant) => {
    const head = result.heads.get(participant.conversationId);
    return { participant, broadcast: head !== undefined && isBroadcast(head) };
  });
  if (rows.length > 0) await conversations.indexParticipants(rows);
  for (const conversationId of result.madeBroadcast) await indexEverybody(conversationId, conversations);
}

async function indexEverybody(
  conversationId: ConversationId,
  conversations: Pick<ConversationStore, 'indexParticipants' | 'members'>,
): Promise<void> {
  let last: Participant | undefined;
  do {
    const after: { joinedSeq: number; userId: string } | null = last ?? null;
    const page = await conversations.members(conversationId, { after, limit: pageSize });
    if (page.length > 0)
      await conversations.indexParticipants(page.map((participant) => ({ participant, broadcast: true })));
    last = page.length === pageSize ? page.at(-1) : undefined;
  } while (last);
}
