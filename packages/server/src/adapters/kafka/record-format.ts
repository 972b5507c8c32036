import * as z from 'zod/mini';
import type { CommandRecord } from '../../distribution/command.ts';

/** What every command says; what else it says is for the rule, which sets aside what it can't decide. */
const recordSchema = z.object({
  command: z.looseObject({
    kind: z.enum(['send', 'open_direct', 'create', 'join', 'leave', 'add', 'remove', 'set_role', 'update']),
    conversationId: z.string(),
    actorId: z.string(),
    commandId: z.string(),
  }),
  replyTo: z.object({ serverId: z.string(), requestId: z.string() }),
});

/** The command in a record's bytes; null when there is none. */
export function parseRecord(bytes: Buffer): CommandRecord | null {
  let content: unknown;
  try {
    content = JSON.parse(bytes.toString());
  } catch {
    return null;
  }
  const parsed = recordSchema.safeParse(content);
  return parsed.success ? (parsed.data as unknown as CommandRecord) : null;
}
