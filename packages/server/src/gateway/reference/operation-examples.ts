import type { InputOf, OperationId, ResponseOf } from '@parley/protocol';
import * as sample from './samples.ts';

const { anaId, benId, conversationId, sessionId, atMs } = sample;

/** The input of a client (path, query and body in one object) and the response. */
export interface OperationExample<Id extends OperationId> {
  input: InputOf<Id>;
  response: ResponseOf<Id>;
}

const token = 'u3ZQ0pXyJ4m1bV7cN2sK8wL5rT9hD6fG0aE3iOqYxUk';
const deviceSecret = 'Zt5nB8qWm2xK0cV7rJ4yH1uL9sD6fG3aE5iOqPwXkTo';
const loggedIn = { token, session: sample.session, account: sample.ana, deviceSecret };
const managedAna = { ...sample.ana, disabled: false, createdAtMs: atMs };
const nothing = undefined;

/** One example of each operation, as the reference shows it. */
export const operationExamples: { [Id in OperationId]: OperationExample<Id> } = {
  getServer: { input: {}, response: { version: '0.1.0', signup: 'open', empty: false } },
  signup: {
    input: { username: 'ana', password: 'correct horse battery', displayName: 'Ana Moreno', device: 'Kitchen tablet' },
    response: loggedIn,
  },
  login: {
    input: { username: 'ana', password: 'correct horse battery', device: 'Kitchen tablet' },
    response: loggedIn,
  },
  logout: { input: {}, response: nothing },
  listSessions: { input: {}, response: { sessions: [sample.session] } },
  revokeSession: { input: { sessionId }, response: nothing },
  changePassword: {
    input: { currentPassword: 'correct horse battery', newPassword: 'seven grey herons' },
    response: nothing,
  },
  getAccount: { input: {}, response: sample.ana },
  updateAccount: { input: { displayName: 'Ana M.' }, response: { ...sample.ana, displayName: 'Ana M.' } },
  userSearch: { input: { q: 'be', limit: 20 }, response: { users: [sample.ben], nextCursor: null } },
  lookUpUsers: {
    input: { userIds: [benId], versions: ['1x8f0q2k'] },
    response: { users: [sample.ben] },
  },
  getUser: { input: { userId: benId }, response: sample.ben },
  getHomepage: { input: { limit: 50 }, response: sample.homepage },
  getConversation: { input: { conversationId }, response: sample.group },
  openDirect: { input: { userId: benId }, response: sample.direct },
  createGroup: {
    input: { name: 'Sunday hikes', userIds: [benId], clientRequestId: 'hikes-1' },
    response: { ...sample.group, headSeq: 1, messageCount: 0, lastMessage: null },
  },
  createChannel: {
    input: { name: 'News', description: 'What changed, every Friday.', announceOnly: true },
    response: { ...sample.channel, memberCount: 1, headSeq: 1, messageCount: 0, lastMessage: null },
  },
  channelSearch: {
    input: { q: 'news' },
    response: {
      channels: [{ id: conversationId, name: 'News', description: 'What changed, every Friday.', memberCount: 4_210 }],
      nextCursor: null,
    },
  },
  joinChannel: {
    input: { conversationId },
    response: { ...sample.channel, membership: { role: 'member', joinedSeq: 12, visibleFromSeq: 1, readSeq: 12 } },
  },
  leaveConversation: { input: { conversationId }, response: nothing },
  updateConversation: {
    input: { conversationId, name: 'Saturday hikes' },
    response: { ...sample.group, name: 'Saturday hikes', headSeq: 13 },
  },
  listMembers: {
    input: { conversationId, limit: 50 },
    response: {
      members: [
        { user: sample.anaAsSeen, role: 'owner', joinedSeq: 1, readSeq: 12 },
        { user: sample.ben, role: 'member', joinedSeq: 11, readSeq: 11 },
      ],
      nextCursor: null,
    },
  },
  addMembers: { input: { conversationId, userIds: [benId] }, response: nothing },
  removeMember: { input: { conversationId, userId: benId }, response: nothing },
  listBans: {
    input: { conversationId, limit: 50 },
    response: { bans: [{ user: sample.ben, bannedBy: sample.anaAsSeen, seq: 12, atMs }], nextCursor: null },
  },
  banUser: { input: { conversationId, userId: benId }, response: nothing },
  unbanUser: { input: { conversationId, userId: benId }, response: nothing },
  setRole: { input: { conversationId, userId: benId, role: 'admin' }, response: nothing },
  sendMessage: {
    input: { conversationId, clientMessageId: sample.clientMessageId, text: 'Shall we say seven?' },
    response: sample.receipt,
  },
  getHistory: {
    input: { conversationId, after: 10, limit: 2 },
    response: { conversationId, entries: [sample.added, sample.message], headSeq: 12, visibleFromSeq: 1 },
  },
  amendMessage: {
    input: {
      ...{ conversationId, seq: sample.editedMessage.seq, amendmentId: sample.amendmentId },
      change: { kind: 'edit', text: sample.editedMessage.text },
    },
    response: { conversationId, seq: sample.editedMessage.seq, revision: 4 },
  },
  getChanges: {
    input: { conversationId, after: 3 },
    response: { conversationId, revision: 4, entries: [sample.editedMessage], complete: true },
  },
  listPins: {
    input: { conversationId },
    response: { entries: [{ ...sample.message, revision: 2, pinned: { atMs: sample.atMs, byId: benId } }] },
  },
  listReactions: {
    input: { conversationId, seq: sample.message.seq, emoji: '👍' },
    response: { users: [sample.ben], nextCursor: null },
  },
  getReadPositions: {
    input: { after: 1760000000000 },
    response: {
      positions: [{ conversationId, seq: 12, messageCount: 9 }],
      revision: 1760000004711,
      hasMore: false,
    },
  },
  markRead: { input: { conversationId, seq: 12 }, response: { seq: 12, messageCount: 9 } },
  markUnread: {
    input: { conversationId, seq: 12, readSeq: 12, readVersion: 0 },
    response: { seq: 11, messageCount: 8, readVersion: 1 },
  },
  getStats: {
    input: {},
    response: {
      version: '0.1.0',
      startedAtMs: atMs,
      users: 310,
      conversations: 1_204,
      directConversations: 871,
      groups: 302,
      channels: 31,
      messages: 482_117,
      onlineUsers: 87,
      connections: 112,
      databaseBytes: 96_468_992,
    },
  },
  createInvitation: {
    input: { uses: 5, validForHours: 72 },
    response: { token, expiresAtMs: atMs + 72 * 3_600_000, uses: 5 },
  },
  listAccounts: { input: { q: 'an' }, response: { users: [managedAna], nextCursor: null } },
  createAccount: {
    input: { username: 'ana', password: 'correct horse battery', displayName: 'Ana Moreno' },
    response: managedAna,
  },
  setAccountDisabled: {
    input: { userId: anaId, disabled: true },
    response: { ...managedAna, disabled: true },
  },
  resetPassword: { input: { userId: anaId, newPassword: 'seven grey herons' }, response: nothing },
  getSettings: { input: {}, response: {} },
  setSettings: { input: { editWindowMs: 900_000 }, response: { editWindowMs: 900_000 } },
  listFollowers: {
    input: {},
    response: {
      followers: [
        {
          ...{ name: 'totals', position: 482_390, lagRecords: 12, lagSeconds: 0.2, unbuiltPartitions: 0 },
          ...{ setAside: 0, newestSetAside: [] },
        },
      ],
    },
  },
  resetFollower: { input: { name: 'totals' }, response: nothing },
};
