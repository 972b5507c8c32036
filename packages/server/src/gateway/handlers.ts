import { deviceHeader, type RequestOf } from '@parley/protocol';
import type { FollowerAdministration } from '../followers/follower-administration.ts';
import type { ConversationReads } from '../operations/conversation-reads.ts';
import type { Conversations } from '../operations/conversations.ts';
import type { Messages } from '../operations/messages.ts';
import type { ReadReceipts } from '../operations/read-receipts.ts';
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
  followers: FollowerAdministration;
  conversations: Conversations;
  reads: ConversationReads;
  receipts: ReadReceipts;
  messages: Messages;
  admission: Admission;
}

/** The handler of each operation. */
export function createHandlers(services: Services): Handlers {
  return { ...accountHandlers(services), ...conversationHandlers(services), ...administrationHandlers(services) };
}

function accountHandlers({ version, accounts, people, reads, admission }: Services) {
  return {
    getServer: async ({ query: { userId } }) => {
      const epoch = userId === undefined ? undefined : await reads.epochOf(userId);
      return { ...(await accounts.server(version)), ...(epoch === undefined ? {} : { epoch }) };
    },
    signup: async ({ body }, _caller, { address, isFromThisMachine }) => {
      await admission.signup(address, body.username);
      return accounts.signup(body, isFromThisMachine);
    },
    login: async ({ body, headers }, _caller, { address }) => {
      const device = await accounts.devices.known(body.username, deviceSecrets(headers));
      await admission.login(address, body.username, device?.hash ?? null);
      return accounts.login(body, device);
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
    changePassword: async ({ body, headers }, caller) => {
      await admission.password(caller.session.id);
      await accounts.changePassword(caller, body, deviceSecrets(headers));
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

function conversationHandlers({ conversations, reads, receipts, messages, admission }: Services) {
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
    setRole: async ({ params, body }, { user }) => {
      await conversations.setRole(user.id, params.conversationId, params.userId, body.role);
      return undefined;
    },
    sendMessage: async ({ params, body }, { user }) => {
      const { conversationId } = params;
      await admission.send(user.id, conversationId);
      const sending = messages.send(user.id, conversationId, body.clientMessageId, body.text);
      sending.then(
        () => admission.sent(conversationId),
        (error: unknown) => admission.sent(conversationId, error),
      );
      return sending;
    },
    getHistory: ({ params, query }, { user }) => messages.page(user.id, params.conversationId, query),
    getReadPositions: ({ query }, { user }) => reads.readPositions(user.id, query),
    markRead: async ({ params, body }, { user }) => {
      await admission.signal(user.id);
      return receipts.markRead(user.id, params.conversationId, body.seq);
    },
  } satisfies Partial<Handlers>;
}

function administrationHandlers({ administration, followers }: Services) {
  return {
    getStats: () => administration.stats(),
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
