import type { ClientFrame, clientFrames, InputOf, OperationId } from '@parley/protocol';
import { type AccessScene, type Caller, password, type Room, type RoomName, usernameOf } from './access-scene.ts';

interface At {
  scene: AccessScene;
  caller: Caller;
  room: Room;
}

/** How an operation is tried by each caller. */
interface Attempt<Id extends OperationId> {
  /** The conversation that it names. */
  room?: RoomName;
  input(at: At): InputOf<Id> | Promise<InputOf<Id>>;
}

const missing = '01980c61-03f7-7b5a-a6c9-94d80e3b1f57';
const inRoom = ({ room }: At) => ({ conversationId: room.id });
const group = { room: 'group' } as const;

/** An attempt at each operation of the protocol; one without an attempt does not compile. */
export const attempts: { [Id in OperationId]: Attempt<Id> } = {
  getServer: { input: () => ({}) },
  signup: { input: ({ caller }) => ({ username: `new-${usernameOf(caller)}`, password }) },
  login: { input: ({ caller }) => ({ username: usernameOf(caller), password }) },
  // In a session of its own, if the caller can have another one.
  logout: { input: () => ({}) },
  listSessions: { input: () => ({}) },
  revokeSession: {
    async input({ scene, caller }) {
      const login = { username: usernameOf(caller), password };
      const loggedIn = await scene
        .as('nobody')
        .call('login', login)
        .catch(() => null);
      return { sessionId: loggedIn?.session.id ?? missing };
    },
  },
  changePassword: { input: () => ({ currentPassword: password, newPassword: password }) },
  getAccount: { input: () => ({}) },
  updateAccount: { input: ({ caller }) => ({ displayName: `The ${caller}` }) },
  userSearch: { input: () => ({ q: 'target' }) },
  lookUpUsers: { input: ({ scene }) => ({ userIds: [scene.id('victim')] }) },
  getUser: { input: ({ scene }) => ({ userId: scene.id('victim') }) },
  getHomepage: { input: () => ({}) },
  getReadPositions: { input: () => ({ after: 0 }) },
  openDirect: { input: ({ scene }) => ({ userId: scene.id('victim') }) },
  createGroup: { input: ({ caller }) => ({ name: `group of ${caller}` }) },
  createChannel: { input: ({ caller }) => ({ name: `channel of ${caller}` }) },
  channelSearch: { input: () => ({ q: 'room' }) },
  joinChannel: { room: 'channel', input: inRoom },
  getConversation: { ...group, input: inRoom },
  listMembers: { ...group, input: inRoom },
  getHistory: { ...group, input: inRoom },
  sendMessage: { ...group, input: (at) => ({ ...inRoom(at), clientMessageId: usernameOf(at.caller), text: 'a text' }) },
  markRead: { ...group, input: (at) => ({ ...inRoom(at), seq: at.room.seq }) },
  markUnread: { ...group, input: (at) => ({ ...inRoom(at), seq: at.room.seq, readSeq: at.room.seq, readVersion: 0 }) },
  amendMessage: {
    ...group,
    input: (at) => ({
      ...{ ...inRoom(at), seq: at.room.seq, amendmentId: usernameOf(at.caller) },
      change: { kind: 'react', emoji: '👍', set: true },
    }),
  },
  getChanges: { ...group, input: (at) => ({ ...inRoom(at), after: 0 }) },
  listPins: { ...group, input: inRoom },
  listReactions: { ...group, input: (at) => ({ ...inRoom(at), seq: at.room.seq, emoji: '👍' }) },
  leaveConversation: { room: 'left group', input: inRoom },
  updateConversation: { ...group, input: (at) => ({ ...inRoom(at), name: `of ${at.caller}` }) },
  addMembers: { ...group, input: (at) => ({ ...inRoom(at), userIds: [at.scene.targetOf('addMembers', at.caller)] }) },
  removeMember: { ...group, input: (at) => ({ ...inRoom(at), userId: at.scene.targetOf('removeMember', at.caller) }) },
  setRole: {
    ...group,
    input: (at) => ({ ...inRoom(at), userId: at.scene.targetOf('setRole', at.caller), role: 'admin' }),
  },
  banUser: { ...group, input: (at) => ({ ...inRoom(at), userId: at.scene.targetOf('banUser', at.caller) }) },
  unbanUser: { ...group, input: (at) => ({ ...inRoom(at), userId: at.scene.targetOf('unbanUser', at.caller) }) },
  listBans: { ...group, input: inRoom },
  getStats: { input: () => ({}) },
  getSettings: { input: () => ({}) },
  setSettings: { input: () => ({}) },
  listFollowers: { input: () => ({}) },
  resetFollower: { input: () => ({ name: 'totals' }) },
  createInvitation: { input: () => ({ uses: 1 }) },
  listAccounts: { input: () => ({}) },
  createAccount: { input: ({ caller }) => ({ username: `made-by-${usernameOf(caller)}`, password }) },
  setAccountDisabled: { input: ({ scene }) => ({ userId: scene.id('victim'), disabled: false }) },
  resetPassword: { input: ({ scene }) => ({ userId: scene.id('victim'), newPassword: password }) },
};

type FrameType = keyof typeof clientFrames;

/** Each frame that a client sends; a frame without an entry does not compile. */
export const frames: { [Type in FrameType]: (at: At) => Extract<ClientFrame, { type: Type }> } = {
  hello: ({ scene, caller }) => ({
    type: 'hello',
    token: caller === 'nobody' ? 'A'.repeat(43) : scene.person(caller).token,
  }),
  ping: () => ({ type: 'ping', id: 'ping' }),
  features: () => ({ type: 'features', features: ['amendments'] }),
  watch: ({ scene, room }) => ({
    ...{ type: 'watch', id: 'watch', userIds: [scene.id('victim')] },
    ...{ conversationIds: [room.id], typingIn: [room.id] },
  }),
  send: ({ caller, room }) => ({
    ...{ type: 'send', id: 'send', conversationId: room.id },
    ...{ clientMessageId: `frame-of-${usernameOf(caller)}`, text: 'a text' },
  }),
  amend: ({ caller, room }) => ({
    ...{
      type: 'amend',
      id: 'amend',
      conversationId: room.id,
      seq: room.seq,
      amendmentId: `frame-of-${usernameOf(caller)}`,
    },
    change: { kind: 'react', emoji: '👍', set: true },
  }),
  changes: ({ room }) => ({ type: 'changes', id: 'changes', conversationId: room.id, after: 0 }),
  history: ({ room }) => ({ type: 'history', id: 'history', conversationId: room.id }),
  catch_up: ({ room }) => ({ type: 'catch_up', id: 'catch_up', ranges: [{ conversationId: room.id, after: 0 }] }),
  read: ({ room }) => ({ type: 'read', id: 'read', conversationId: room.id, seq: room.seq }),
  unread: ({ room }) => ({
    ...{ type: 'unread', id: 'unread', conversationId: room.id },
    ...{ seq: room.seq, readSeq: room.seq, readVersion: 0 },
  }),
  typing: ({ room }) => ({ type: 'typing', conversationId: room.id }),
};
