import { expect } from 'bun:test';
import type { InputOf, OperationId, ResponseOf } from '@parley/protocol';
import { HttpApi } from '@parley/sdk';
import { frameSteps, type Steps } from './every-frame.ts';
import { retriedWhileOverloaded } from './retried.ts';
import { WireClient } from './wire-client.ts';

const password = 'a good password';

/** A user at one gateway, with a session there. */
class Caller {
  private readonly api: HttpApi;

  constructor(
    readonly url: string,
    readonly username: string,
  ) {
    this.api = new HttpApi(url, { fetch });
  }

  id = '';

  get token(): string {
    return this.api.token ?? '';
  }

  async call<Id extends OperationId>(id: Id, input: InputOf<Id>): Promise<ResponseOf<Id>> {
    try {
      return await retriedWhileOverloaded(() => this.api.call(id, input));
    } catch (cause) {
      throw new Error(`${id} by ${this.username} at ${this.url} was refused`, { cause });
    }
  }

  async signUp(): Promise<void> {
    this.take(await this.call('signup', { username: this.username, password }));
  }

  async logIn(secret = password): Promise<string> {
    const loggedIn = await this.call('login', { username: this.username, password: secret });
    this.take(loggedIn);
    return loggedIn.session.id;
  }

  private take({ token, account }: ResponseOf<'login'>): void {
    this.api.token = token;
    this.id = account.id;
  }
}

/** Where the operations are performed: two gateways, one for each person, and a server for sockets. */
export interface Stage {
  gateways: readonly [string, string];
  messaging: string;
  operator: string;
  /** Part of the names of people and conversations. */
  name: string;
}

interface Scene {
  ana: Caller;
  ben: Caller;
  operator: Caller;
  group: string;
  channel: string;
  direct: string;
  name: string;
}

/** A step for each operation of the protocol, in an order in which each finds what it needs. */
const operationSteps: Steps<OperationId, Scene> = {
  getServer: async ({ ana }) => expect(await ana.call('getServer', {})).toMatchObject({ signup: 'open', empty: false }),
  signup: async ({ ana, ben }) => {
    await ana.signUp();
    await ben.signUp();
  },
  login: ({ operator }) => operator.logIn(),
  getAccount: async ({ ana }) => expect(await ana.call('getAccount', {})).toMatchObject({ username: ana.username }),
  updateAccount: async ({ ana, name }) => {
    await ana.call('updateAccount', { displayName: `Zoë ${name}` });
    expect(await ana.call('getAccount', {})).toMatchObject({ displayName: `Zoë ${name}` });
  },
  userSearch: async ({ ana, ben, name }) => {
    const { users } = await ben.call('userSearch', { q: `zoe ${name}` });
    expect(users.map(({ id }) => id)).toContain(ana.id);
  },
  getUser: async ({ ana, ben }) => expect(await ben.call('getUser', { userId: ana.id })).toMatchObject({ id: ana.id }),
  lookUpUsers: async ({ ana, ben }) => {
    const { users } = await ben.call('lookUpUsers', { userIds: [ana.id, ben.id] });
    expect(users.map(({ id }) => id).sort()).toEqual([ana.id, ben.id].sort());
  },
  openDirect: async (scene) => {
    const { ana, ben } = scene;
    scene.direct = (await ana.call('openDirect', { userId: ben.id })).id;
    expect(await ben.call('openDirect', { userId: ana.id })).toMatchObject({ id: scene.direct });
  },
  createGroup: async (scene) => {
    const { ana, name } = scene;
    scene.group = (await ana.call('createGroup', { name: `Group ${name}` })).id;
  },
  createChannel: async (scene) => {
    const { ana, name } = scene;
    scene.channel = (await ana.call('createChannel', { name: `Channel ${name}`, description: 'of a test' })).id;
  },
  channelSearch: async ({ ben, channel, name }) => {
    const { channels } = await ben.call('channelSearch', { q: name });
    expect(channels.map(({ id }) => id)).toEqual([channel]);
  },
  joinChannel: async ({ ben, channel }) => {
    expect(await ben.call('joinChannel', { conversationId: channel })).toMatchObject({ memberCount: 2 });
  },
  addMembers: ({ ana, ben, group }) => ana.call('addMembers', { conversationId: group, userIds: [ben.id] }),
  setRole: ({ ana, ben, group }) => ana.call('setRole', { conversationId: group, userId: ben.id, role: 'admin' }),
  listMembers: async ({ ana, ben, group }) => {
    const { members } = await ben.call('listMembers', { conversationId: group });
    expect(members.map(({ user, role }) => [user.id, role])).toEqual([
      [ana.id, 'owner'],
      [ben.id, 'admin'],
    ]);
  },
  updateConversation: async ({ ana, ben, group, channel, name }) => {
    await ben.call('updateConversation', { conversationId: group, name: `Renamed ${name}`, announceOnly: false });
    await ana.call('updateConversation', { conversationId: channel, name: `Renamed channel ${name}` });
  },
  getConversation: async ({ ben, group, name }) => {
    const conversation = await ben.call('getConversation', { conversationId: group });
    expect(conversation).toMatchObject({ name: `Renamed ${name}`, memberCount: 2 });
  },
  sendMessage: async ({ ana, ben, group, channel, direct }) => {
    for (const conversationId of [group, channel, direct]) {
      const message = { conversationId, clientMessageId: 'first', text: 'good morning' };
      const receipt = await ana.call('sendMessage', message);
      expect(await ana.call('sendMessage', message)).toEqual(receipt);
      await ben.call('sendMessage', { conversationId, clientMessageId: 'second', text: 'and to you' });
    }
  },
  getHistory: async ({ ben, group }) => {
    const { entries } = await ben.call('getHistory', { conversationId: group });
    expect(entries.map(({ kind }) => kind)).toEqual(['created', 'added', 'role', 'updated', 'message', 'message']);
  },
  markRead: async ({ ben, group }) => {
    expect(await ben.call('markRead', { conversationId: group, seq: 5 })).toEqual({ seq: 5, messageCount: 1 });
  },
  markUnread: async ({ ben, group }) => {
    const mark = { conversationId: group, seq: 5, readSeq: 5, readVersion: 0 };
    const marked = { seq: 4, messageCount: 0, readVersion: 1 };
    for (let count = 0; count < 2; count++) expect(await ben.call('markUnread', mark)).toEqual(marked);
  },
  getReadPositions: async ({ ben, group }) => {
    const { positions } = await ben.call('getReadPositions', { after: 0 });
    expect(positions).toContainEqual({ conversationId: group, seq: 4, messageCount: 0, readVersion: 1 });
  },
  getHomepage: async ({ ben, group, channel, direct }) => {
    const { conversations } = await ben.call('getHomepage', {});
    expect(conversations.map(({ id }) => id).sort()).toEqual([group, channel, direct].sort());
  },
  amendMessage: async ({ ana, ben, direct }) => {
    const message = { conversationId: direct, seq: 2 };
    const edit = { ...message, amendmentId: 'edit', change: { kind: 'edit', text: 'good evening' } } as const;
    const receipt = await ana.call('amendMessage', edit);
    expect(receipt).toEqual({ ...message, revision: 1 });
    expect(await ana.call('amendMessage', edit)).toEqual(receipt);
    const react = { kind: 'react', emoji: '👍', set: true } as const;
    await ben.call('amendMessage', { ...message, amendmentId: 'react', change: react });
    await ben.call('amendMessage', { ...message, amendmentId: 'pin', change: { kind: 'pin', set: true } });
  },
  getChanges: async ({ ana, direct }) =>
    expect(await ana.call('getChanges', { conversationId: direct, after: 0 })).toMatchObject({
      entries: [{ seq: 2, revision: 3, text: 'good evening', reactions: [{ emoji: '👍', count: 1 }] }],
    }),
  listPins: async ({ ana, direct }) =>
    expect(await ana.call('listPins', { conversationId: direct })).toMatchObject({ entries: [{ seq: 2 }] }),
  listReactions: async ({ ana, ben, direct }) =>
    expect(await ana.call('listReactions', { conversationId: direct, seq: 2, emoji: '👍' })).toMatchObject({
      users: [{ id: ben.id }],
    }),
  banUser: ({ ana, ben, channel: conversationId }) => ana.call('banUser', { conversationId, userId: ben.id }),
  listBans: async ({ ana, ben, channel: conversationId }) =>
    expect(await ana.call('listBans', { conversationId })).toMatchObject({ bans: [{ user: { id: ben.id } }] }),
  unbanUser: async ({ ana, ben, channel }) => {
    await ana.call('unbanUser', { conversationId: channel, userId: ben.id });
    expect(await ben.call('joinChannel', { conversationId: channel })).toMatchObject({ memberCount: 2 });
  },
  removeMember: async ({ ana, ben, group }) => {
    await ana.call('removeMember', { conversationId: group, userId: ben.id });
    await expect(ben.call('getConversation', { conversationId: group })).rejects.toThrow('getConversation');
  },
  leaveConversation: async ({ ben, channel }) => {
    await ben.call('leaveConversation', { conversationId: channel });
    expect((await ben.call('getHomepage', {})).conversations.map(({ id }) => id)).not.toContain(channel);
  },
  listSessions: async ({ ben }) => {
    await ben.logIn();
    expect((await ben.call('listSessions', {})).sessions).toHaveLength(2);
  },
  revokeSession: async ({ ben }) => {
    const { sessions } = await ben.call('listSessions', {});
    const other = sessions.find(({ current }) => !current);
    await ben.call('revokeSession', { sessionId: other?.id ?? '' });
    expect((await ben.call('listSessions', {})).sessions).toHaveLength(1);
  },
  changePassword: async ({ ben }) => {
    await ben.call('changePassword', { currentPassword: password, newPassword: `${password} of later` });
    await ben.logIn(`${password} of later`);
  },
  logout: async ({ ben }) => {
    await ben.call('logout', {});
    await expect(ben.call('getAccount', {})).rejects.toThrow('getAccount');
  },
  getStats: async ({ operator }) => expect((await operator.call('getStats', {})).users).toBeGreaterThan(2),
  getSettings: async ({ operator }) => {
    expect(await operator.call('getSettings', {})).toEqual({});
  },
  setSettings: async ({ operator }) => {
    expect(await operator.call('setSettings', { editWindowMs: 60_000 })).toEqual({ editWindowMs: 60_000 });
    expect(await operator.call('setSettings', {})).toEqual({});
  },
  listFollowers: async ({ operator }) => {
    expect((await operator.call('listFollowers', {})).followers.map(({ name }) => name)).toContain('totals');
  },
  resetFollower: async ({ operator }) => {
    await operator.call('resetFollower', { name: 'totals' });
  },
  createInvitation: async ({ operator, ana, name }) => {
    const { token } = await operator.call('createInvitation', { uses: 1 });
    const guest = await ana.call('signup', { username: `guest-${name}`, password, invitation: token });
    expect(guest.account.username).toBe(`guest-${name}`);
  },
  createAccount: async ({ operator, name }) => {
    const made = await operator.call('createAccount', { username: `made-${name}`, password, administrator: true });
    expect(made).toMatchObject({ administrator: true, disabled: false });
  },
  listAccounts: async ({ operator, name }) => {
    const { users } = await operator.call('listAccounts', { q: `made-${name}` });
    expect(users.map(({ username }) => username)).toEqual([`made-${name}`]);
  },
  resetPassword: async ({ operator, ben }) => {
    await operator.call('resetPassword', { userId: ben.id, newPassword: password });
    await ben.logIn();
  },
  setAccountDisabled: async ({ operator, ben }) => {
    await operator.call('setAccountDisabled', { userId: ben.id, disabled: true });
    await expect(ben.call('getAccount', {})).rejects.toThrow('getAccount');
    await operator.call('setAccountDisabled', { userId: ben.id, disabled: false });
    await ben.logIn();
  },
};

/**
 * Performs every operation and frame, and checks each result. The types require a step for each operation and each
 * frame of the protocol. Returns the number of steps.
 */
export async function doEverything({ gateways, messaging, operator, name }: Stage): Promise<number> {
  const [first, second] = gateways;
  const people = { ana: new Caller(first, `ana-${name}`), ben: new Caller(second, `ben-${name}`) };
  const scene: Scene = {
    ...people,
    ...{ operator: new Caller(first, operator), name, group: '', channel: '', direct: '' },
  };
  for (const step of Object.values(operationSteps)) await step(scene);
  const socket = await WireClient.open(messaging);
  socket.send({ type: 'hello', token: people.ana.token });
  for (const step of Object.values(frameSteps)) await step({ ...scene, socket });
  await socket.close();
  return Object.keys(operationSteps).length + Object.keys(frameSteps).length;
}
