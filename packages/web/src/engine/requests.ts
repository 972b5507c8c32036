import type { Engine } from './engine.ts';
import type { Requests } from './messages.ts';
import type { TabPort } from './tab-port.ts';

/** Carries out the requests of one tab. */
export function requestsOf(engine: Engine, tab: TabPort): Requests {
  const { client } = engine;
  return {
    signup: (input) => engine.begin(() => client.signup(input)),
    login: (input) => engine.begin(() => client.login(input)),
    logout: () => engine.end(),
    async setDisplayName(displayName) {
      const account = await client.call('updateAccount', { displayName });
      client.people.learn([account]);
      engine.setAccount(account);
      return account;
    },
    members: (conversationId, page) => engine.conversation(conversationId).members(page),
    operation: (id, input) => client.call(id, input),
    openDirect: async (userId) => (await client.conversations.openDirect(userId)).id,
    createGroup: async (group) => (await client.conversations.createGroup(group)).id,
    createChannel: async (channel) => (await client.conversations.createChannel(channel)).id,
    join: async (conversationId) => (await client.conversations.join(conversationId)).id,
    update: (conversationId, change) => engine.conversation(conversationId).update(change),
    leave: (conversationId) => engine.conversation(conversationId).leave(),
    send: (...message) => engine.send(...message),
    amend: async (conversationId, message, change) => engine.amend(conversationId, message, change),
    retry: async (clientMessageId) => engine.outgoing(clientMessageId)?.retry(),
    discard: async (clientMessageId) => engine.outgoing(clientMessageId)?.discard(),
    history: (conversationId, page) => engine.conversation(conversationId).history(page),
    pins: (conversationId) => engine.conversation(conversationId).pins(),
    async markRead(conversationId, seq, readVersion) {
      const conversation = client.conversations.get(conversationId);
      if ((conversation?.data.membership?.readVersion ?? 0) === readVersion) conversation?.markRead(seq);
    },
    markUnread: (conversationId, seq) => engine.conversation(conversationId).markUnread(seq),
    typing: async (conversationId) => client.conversations.get(conversationId)?.typing(),
    async watch(watch) {
      // Start the new watch first, so that what both contain is not unwatched in between.
      const stop = client.watch(watch);
      tab.stopWatching();
      tab.stopWatching = stop;
    },
    follow: async (conversationIds) => tab.follow(conversationIds),
    people: (userIds) => client.people.find(userIds),
    attend: async (visible, conversationId) => tab.attend(visible, conversationId),
    restoredSeen: async () => engine.restoredSeen(),
    online: async () => engine.networkIsBack(),
  };
}
