import { type ErrorCode, type OperationId, operations, type ResponseOf } from '@parley/protocol';
import { type ClientLine, changesFields, pageFields, refusalFields } from './client-lines.ts';
import type { LineOf, LineType } from './format.ts';
import type { RequestLine } from './frame-lines.ts';

/** The outcome of a call: the response, an error of the server, or none because the connection failed. */
export type CallResult<Id extends OperationId> =
  | { response: ResponseOf<Id> }
  | { error: { code: ErrorCode; retryAfterMs?: number | undefined } }
  | { unknown: true };

/** The operation that a request is for, by its method and path, with its parameters. */
export function operationOf(method: string, path: string): { id: OperationId; params: Record<string, string> } | null {
  for (const [id, operation] of Object.entries(operations)) {
    if (operation.method !== method) continue;
    const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    const values = new RegExp(`^${operation.path.replaceAll(/\{\w+\}/g, '([^/]+)')}$`).exec(path);
    if (!values) continue;
    const params = names.map((name, index) => [name, decodeURIComponent(values[index + 1] ?? '')]);
    return { id: id as OperationId, params: Object.fromEntries(params) };
  }
  return null;
}

/** The input of a call, of which each operation has some fields. */
export interface CallInput {
  conversationId: string;
  clientMessageId: string;
  text: string;
  replyTo?: number;
  seq: number;
  amendmentId: string;
  change: LineOf<'amend'>['change'];
  userId: string;
  userIds: string[];
  before?: number;
  after?: number;
  around?: number;
}

/** The line that a call makes; null for one that is not recorded. */
export function callLine(id: OperationId, input: CallInput, op: string): RequestLine | null {
  const { conversationId, userId } = input;
  const members = (change: LineOf<'change_members'>['change']): MembersLine => {
    return { type: 'change_members', op, conversationId, change };
  };
  switch (id) {
    case 'sendMessage': {
      const { clientMessageId, text, replyTo } = input;
      return { type: 'send', op, conversationId, clientMessageId, text, ...(replyTo !== undefined && { replyTo }) };
    }
    case 'amendMessage': {
      const { amendmentId, change } = input;
      return { type: 'amend', op, conversationId, seq: Number(input.seq), amendmentId, change };
    }
    case 'markRead':
      return { type: 'mark_read', op, conversationId, seq: input.seq };
    case 'getHistory': {
      const range = Object.entries({ before: input.before, after: input.after, around: input.around });
      const given = range.filter(([, number]) => number !== undefined).map(([name, number]) => [name, Number(number)]);
      return { type: 'read_page', op, conversationId, ...Object.fromEntries(given) };
    }
    case 'getChanges':
      return { type: 'read_changes', op, conversationId, after: Number(input.after ?? 0) };
    case 'addMembers':
      return members({ kind: 'add', userIds: input.userIds });
    case 'removeMember':
      return members({ kind: 'remove', userId });
    case 'banUser':
      return members({ kind: 'ban', userId });
    case 'unbanUser':
      return members({ kind: 'unban', userId });
    case 'joinChannel':
      return members({ kind: 'join' });
    case 'leaveConversation':
      return members({ kind: 'leave' });
    default:
      return null;
  }
}

type MembersLine = Extract<ClientLine, { type: 'change_members' }>;

/** How the result of a call completes it. */
export function resultLine(request: LineType, result: CallResult<OperationId>, op: string): ClientLine {
  if ('unknown' in result) return { type: 'unknown', op };
  if ('error' in result) return { type: 'refused', op, ...refusalFields(result.error) };
  // The response is that of the operation which the request line is made of.
  switch (request) {
    case 'send': {
      const { seq, atMs, messageCount } = result.response as ResponseOf<'sendMessage'>;
      return { type: 'ack', op, seq, atMs, messageCount };
    }
    case 'amend': {
      const { seq, revision } = result.response as ResponseOf<'amendMessage'>;
      return { type: 'amend_ack', op, seq, revision };
    }
    case 'read_page':
      return { type: 'page', op, ...pageFields(result.response as ResponseOf<'getHistory'>) };
    case 'read_changes':
      return { type: 'changes', op, ...changesFields(result.response as ResponseOf<'getChanges'>) };
    default:
      return { type: 'done', op };
  }
}
