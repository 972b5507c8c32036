import type { ClientFrame, ClientFrameOf, ServerFrame, ServerFrameOf } from '@parley/protocol';
import * as sample from './samples.ts';

const { anaId, benId, conversationId, sessionId, clientMessageId, atMs } = sample;

/** One example of each frame that a client sends, as the reference shows it. */
export const clientFrameExamples: { [Type in ClientFrame['type']]: ClientFrameOf<Type> } = {
  hello: { type: 'hello', token: 'u3ZQ0pXyJ4m1bV7cN2sK8wL5rT9hD6fG0aE3iOqYxUk', resume: true },
  send: { type: 'send', id: '1', conversationId, clientMessageId, text: 'Shall we say seven?' },
  read: { type: 'read', id: '2', conversationId, seq: 12 },
  typing: { type: 'typing', conversationId },
  watch: {
    type: 'watch',
    id: '3',
    userIds: [benId],
    conversationIds: [conversationId],
    typingIn: [conversationId],
  },
  history: { type: 'history', id: '4', conversationId, after: 10, limit: 2 },
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
  conversation: { type: 'conversation', conversationId, conversation: sample.group },
  resync: { type: 'resync', reason: 'you read too slowly' },
  goaway: { type: 'goaway', delayMs: 2_400 },
  pong: { type: 'pong', id: '5', serverTimeMs: atMs },
};

/** The frames that can answer each frame of a client; of several, the first is the one of success. */
export const frameAnswers: { [Type in ClientFrame['type']]: readonly ServerFrame['type'][] } = {
  hello: ['welcome', 'error'],
  send: ['ack', 'error'],
  read: ['read', 'error'],
  typing: ['error'],
  watch: ['presence', 'error'],
  history: ['history', 'error'],
  ping: ['pong'],
  features: ['error'],
};
