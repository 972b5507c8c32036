import { deviceHeader, type RequestOf } from '@parley/protocol';
import { ownView } from '../conversations/read-position.ts';
import type { FollowerAdministration } from '../followers/follower-administration.ts';
import type { Amendments } from '../operations/amendments.ts';
import type { ConversationReads } from '../operations/conversation-reads.ts';
import type { Conversations } from '../operations/conversations.ts';
import type { Messages } from '../operations/messages.ts';
import type { ReadReceipts } from '../operations/read-receipts.ts';
import type { ServerSettings } from '../operations/server-settings.ts';
import { accountView } from '../users/account-views.ts';
import type { Accounts } from '../users/accounts.ts';
import type { Administration } from '../users/administration.ts';
import type { People } from '../users/people.ts';
import type { Admission } from './admission.ts';
import type { Handlers } from './binding.ts';

/** The services that the HTTP API exposes. */
export interface Services {
  version: string;
  accounts: Accounts;
  people: People;
  administration: Administration;
  settings: ServerSettings;
  followers: FollowerAdministration;
  conversations: Conversations;
  reads: ConversationReads;
  receipts: ReadReceipts;
  messages: Messages;
  amendments: Amendments;
  admission: Admission;
}

/** The handler of each operation. */
export function createHandlers(services: Services): Handlers {
  return {
    ...accountHandlers(services),
    ...conversationHandlers(services),
    ...readPositionHandlers(services),
    ...administrationHandlers(services),
  };
}

function accountHandlers({ version, accounts, people, reads, admission }: Services) {
  return {
    getServer: async ({ query: { userId } }) => {
      const epoch = userId === undefined ? undefined : await reads.epochOf(userId);
      return { ...(await accounts.server(version)), ...(epoch === undefined ? {} : { epoch }) };
    },
    signup: async ({ body }, _caller, { address, isFromThisMachine }) => {
      await admission.signup(address, body.username);
      return accounts.signup(body, isFromThisMachine, address);
    },
    login: async ({ body, headers }, _caller, { address }) => {
      const origin = await accounts.devices.known(body.username, deviceSecrets(headers), address);
      await admission.login(address, body.username, origin?.key ?? null);
      return accounts.login(body, origin, address);
    },
    logout: async (_request, { user, session }) => {
      await accounts.revoke(user.id, session.id);
      return undefined;
    },
    listSessions: async (_request, caller) => ({ sessions: await accounts.sessions(caller) }),
    revokeSession: async ({ params }, { user }) => {
      await accounts.revoke(user.id, params.sessionId);
      return undefined;
    },
    changePassword: async ({ body, headers }, caller, { address }) => {
      await admission.password(caller.session.id);
      await accounts.changePassword(caller, body, deviceSecrets(headers), address);
      return undefined;
    },
    getAccount: async (_request, { user }) => accountView(user),
    updateAccount: ({ body }, { user }) => accounts.updateDisplayName(user.id, body.displayName),
    userSearch: ({ query }) => people.search(query),
    lookUpUsers: async ({ body }) => ({ users: await people.lookUp(body) }),
    getUser: ({ params }) => people.get(params.userId),
  } satisfies Partial<Handlers>;
}

function deviceSecrets(headers: RequestOf<'login'>['headers']): string[] {
  return headers[deviceHeader]?.split(/, ?/) ?? [];
}

function conversationHandlers({ conversations, reads, messages, amendments, admission }: Services) {
  return {
    getHomepage: ({ query }, { user }) => reads.homepage(user.id, query),
    getConversation: ({ params }, { user }) => reads.view(user.id, params.conversationId),
    openDirect: ({ body }, { user }) => conversations.openDirect(user.id, body.userId),
    createGroup: ({ body }, { user }) => conversations.createGroup(user.id, body),
    createChannel: ({ body }, { user }) => conversations.createChannel(user.id, body),
    channelSearch: ({ query }) => reads.searchChannels(query),
    joinChannel: ({ params }, { user }) => conversations.join(user.id, params.conversationId),
    leaveConversation: async ({ params }, { user }) => {
      await conversations.leave(user.id, params.conversationId);
      return undefined;
    },
    updateConversation: ({ params, body }, { user }) => conversations.update(user.id, params.conversationId, body),
    listMembers: ({ params, query }, { user }) => reads.members(user.id, params.conversationId, query),
    addMembers: async ({ params, body }, { user }) => {
      await conversations.addMembers(user.id, params.conversationId, body.userIds);
      return undefined;
    },
    removeMember: async ({ params }, { user }) => {
      await conversations.removeMember(user.id, params.conversationId, params.userId);
      return undefined;
    },
    listBans: ({ params, query }, { user }) => reads.bans(user.id, params.conversationId, query),
    banUser: async ({ params }, { user }) => {
      await conversations.ban(user.id, params.conversationId, params.userId);
      return undefined;
    },
    unbanUser: async ({ params }, { user }) => {
      await conversations.unban(user.id, params.conversationId, params.userId);
      return undefined;
    },
    setRole: async ({ params, body }, { user }) => {
      await conversations.setRole(user.id, params.conversationId, params.userId, body.role);
      return undefined;
    },
    sendMessage: async ({ params, body }, { user }) => {
      const { conversationId } = params;
      await admission.send(user.id, conversationId);
      const { clientMessageId, text, replyTo } = body;
      const sending = messages.send(user.id, conversationId, clientMessageId, text, replyTo);
      sending.then(
        () => admission.sent(conversationId),
        (error: unknown) => admission.sent(conversationId, error),
      );
      return sending;
    },
    getHistory: ({ params, query }, { user }) => messages.page(user.id, params.conversationId, query),
    amendMessage: async ({ params, body }, { user }) => {
      const { conversationId, seq } = params;
      await admission.amend(user.id, conversationId);
      const amending = amendments.amend({ actorId: user.id, conversationId, seq, ...body });
      amending.then(
        () => admission.amended(conversationId),
        (error: unknown) => admission.amended(conversationId, error),
      );
      return amending;
    },
    getChanges: ({ params, query }, { user }) => amendments.changes(user.id, params.conversationId, query),
    listPins: ({ params }, { user }) => amendments.pins(user.id, params.conversationId),
    listReactions: ({ params, query }, { user }) => amendments.reactedUsers(user.id, params, query),
  } satisfies Partial<Handlers>;
}

function readPositionHandlers({ reads, receipts, admission }: Services) {
  return {
    getReadPositions: ({ query }, { user }) => reads.readPositions(user.id, query),
    markRead: async ({ params, body }, { user }) => {
      await admission.signal(user.id);
      return ownView(await receipts.markRead(user.id, params.conversationId, body));
    },
    markUnread: async ({ params, body }, { user }) => {
      await admission.signal(user.id);
      return ownView(await receipts.markUnread(user.id, params.conversationId, body));
    },
  } satisfies Partial<Handlers>;
}

function administrationHandlers({ administration, settings, followers }: Services) {
  return {
    getStats: () => administration.stats(),
    getSettings: () => settings.read(),
    setSettings: ({ body }) => settings.write(body),
    listFollowers: () => followers.list(),
    resetFollower: async ({ params }) => {
      await followers.reset(params.name);
      return undefined;
    },
    createInvitation: ({ body }, caller) => administration.createInvitation(caller?.user.id ?? null, body),
    listAccounts: ({ query }) => administration.list(query),
    createAccount: ({ body }) => administration.create(body),
    setAccountDisabled: ({ params, body }) => administration.setDisabled(params.userId, body.disabled),
    resetPassword: async ({ params, body }) => {
      await administration.resetPassword(params.userId, body.newPassword);
      return undefined;
    },
  } satisfies Partial<Handlers>;
}
