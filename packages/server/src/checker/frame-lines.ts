import type { ClientFrame, ServerFrame } from '@parley/protocol';
import { type ClientLine, changesFields, knownConversation, pageFields, refusalFields } from './client-lines.ts';

/** A line that begins an operation. */
export type RequestLine = Extract<ClientLine, { op: string; conversationId: string }>;

/** The operations that a frame of the client begins; most frames begin none or one. */
export function requestLines(frame: ClientFrame): RequestLine[] {
  switch (frame.type) {
    case 'send': {
      const { type, id: op, conversationId, clientMessageId, text, replyTo } = frame;
      return [{ type, op, conversationId, clientMessageId, text, ...(replyTo !== undefined && { replyTo }) }];
    }
    case 'amend': {
      const { type, id: op, conversationId, seq, amendmentId, change } = frame;
      return [{ type, op, conversationId, seq, amendmentId, change }];
    }
    case 'changes': {
      const { id: op, conversationId, after } = frame;
      return [{ type: 'read_changes', op, conversationId, after }];
    }
    case 'read': {
      const { id: op, conversationId, seq } = frame;
      return op === undefined ? [] : [{ type: 'mark_read', op, conversationId, seq }];
    }
    case 'history': {
      const { id: op, type: _, limit: __, ...range } = frame;
      return [{ type: 'read_page', op, ...range }];
    }
    case 'catch_up':
      return frame.ranges.map(({ conversationId, after }, index) => {
        return { type: 'read_page', op: `${frame.id}/${index}`, conversationId, after };
      });
    default:
      return [];
  }
}

/** What the client observes by a frame of the server. */
export function observationLines(frame: ServerFrame): ClientLine[] {
  switch (frame.type) {
    case 'welcome':
      return [{ type: 'connected', conversations: frame.homepage.conversations.map(knownConversation) }];
    case 'entry':
      return [{ type: 'entry', entry: frame.entry }];
    case 'amended': {
      const { type, conversationId, after, revision, entries } = frame;
      return [{ type, conversationId, after, revision, entries }];
    }
    case 'read': {
      const { conversationId, userId, seq } = frame;
      return [{ type: 'read_position', conversationId, userId, seq }];
    }
    case 'presence':
      return [{ type: 'presence', users: frame.users.map(({ userId, online }) => ({ userId, online })) }];
    default:
      return [];
  }
}

/** How the response completes the operations of its request. */
export function completionLines(frame: ServerFrame, requests: readonly RequestLine[]): ClientLine[] {
  return requests.map((request) => completionLine(frame, request));
}

function completionLine(frame: ServerFrame, { op, conversationId }: RequestLine): ClientLine {
  switch (frame.type) {
    case 'ack': {
      const { seq, atMs, messageCount } = frame;
      return { type: 'ack', op, seq, atMs, messageCount };
    }
    case 'amend_ack':
      return { type: 'amend_ack', op, seq: frame.seq, revision: frame.revision };
    case 'changes':
      return { type: 'changes', op, ...changesFields(frame) };
    case 'history':
      return { type: 'page', op, ...pageFields(frame) };
    case 'catch_up': {
      if (frame.notFound.includes(conversationId)) return { type: 'refused', op, code: 'not_found' };
      const page = frame.pages.find((each) => each.conversationId === conversationId);
      // The response has no space for the other ranges.
      return page ? { type: 'page', op, ...pageFields(page) } : { type: 'unknown', op };
    }
    case 'read':
      return { type: 'done', op };
    case 'error':
      return { type: 'refused', op, ...refusalFields(frame) };
    default:
      throw new Error(`a frame ${frame.type} does not complete ${op}`);
  }
}
