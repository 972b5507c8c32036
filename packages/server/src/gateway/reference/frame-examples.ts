import type { ClientFrame, ClientFrameOf, ServerFrame, ServerFrameOf } from '@parley/protocol';
import * as sample from './samples.ts';

const { anaId, benId, conversationId, sessionId, clientMessageId, atMs } = sample;

/** One example of each frame that a client sends, as the reference shows it. */
export const clientFrameExamples: { [Type in ClientFrame['type']]: ClientFrameOf<Type> } = {
  hello: { type: 'hello', token: 'u3ZQ0pXyJ4m1bV7cN2sK8wL5rT9hD6fG0aE3iOqYxUk', resume: true },
  send: { type: 'send', id: '1', conversationId, clientMessageId, text: 'Shall we say seven?' },
  amend: {
    type: 'amend',
    id: '6',
    conversationId,
    seq: 12,
    amendmentId: sample.amendmentId,
    change: { kind: 'edit', text: 'Shall we say eight?' },
  },
  changes: { type: 'changes', id: '7', conversationId, after: 3 },
  read: { type: 'read', id: '2', conversationId, seq: 12 },
  unread: { type: 'unread', id: '9', conversationId, seq: 12, readSeq: 12, readVersion: 0 },
  typing: { type: 'typing', conversationId },
  watch: {
    type: 'watch',
    id: '3',
    userIds: [benId],
    conversationIds: [conversationId],
    typingIn: [conversationId],
  },
  history: { type: 'history', id: '4', conversationId, after: 10, limit: 2 },
  catch_up: { type: 'catch_up', id: '8', ranges: [{ conversationId, after: 10 }] },
  ping: { type: 'ping', id: '5' },
  features: { type: 'features', features: [] },
};

/** One example of each frame that the server sends. */
export const serverFrameExamples: { [Type in ServerFrame['type']]: ServerFrameOf<Type> } = {
  welcome: {
    type: 'welcome',
    account: sample.ana,
    sessionId,
    serverTimeMs: atMs,
    homepage: sample.homepage,
    features: [],
  },
  ack: { type: 'ack', id: '1', clientMessageId, ...sample.receipt },
  error: {
    type: 'error',
    id: '1',
    code: 'invalid_request',
    message: '/text must have at least 1 code point',
    field: '/text',
  },
  entry: { type: 'entry', entry: sample.message },
  amend_ack: { type: 'amend_ack', id: '6', conversationId, seq: 12, revision: 4 },
  amended: { type: 'amended', conversationId, after: 3, revision: 4, entries: [sample.editedMessage] },
  changes: {
    type: 'changes',
    id: '7',
    conversationId,
    revision: 4,
    entries: [sample.editedMessage],
    complete: true,
  },
  read: { type: 'read', id: '2', conversationId, userId: anaId, seq: 12, messageCount: 9 },
  typing: { type: 'typing', conversationId, userId: benId },
  presence: {
    type: 'presence',
    id: '3',
    users: [{ userId: benId, online: false }],
    conversations: [{ conversationId, onlineCount: 1 }],
  },
  user: { type: 'user', userId: benId, displayName: 'Ben O.' },
  history: {
    type: 'history',
    id: '4',
    conversationId,
    entries: [sample.added, sample.message],
    headSeq: 12,
    visibleFromSeq: 1,
  },
  catch_up: {
    type: 'catch_up',
    id: '8',
    pages: [{ conversationId, entries: [sample.added, sample.message], headSeq: 12, visibleFromSeq: 1 }],
    notFound: [],
  },
  conversation: { type: 'conversation', conversationId, conversation: sample.group },
  resync: { type: 'resync', reason: 'you read too slowly' },
  goaway: { type: 'goaway', delayMs: 2_400 },
  pong: { type: 'pong', id: '5', serverTimeMs: atMs },
};

/** The frames that can answer each frame of a client; of several, the first is the one of success. */
export const frameAnswers: { [Type in ClientFrame['type']]: readonly ServerFrame['type'][] } = {
  hello: ['welcome', 'error'],
  send: ['ack', 'error'],
  amend: ['amend_ack', 'error'],
  changes: ['changes', 'error'],
  read: ['read', 'error'],
  unread: ['read', 'error'],
  typing: ['error'],
  watch: ['presence', 'error'],
  history: ['history', 'error'],
  catch_up: ['catch_up', 'error'],
  ping: ['pong'],
  features: ['error'],
};
