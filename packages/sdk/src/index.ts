export type { Conversation as ConversationData, Entry, MessageEntry, Receipt, User } from '@parley/protocol';
export { mixedScripts } from '@parley/protocol/names';
export { ParleyClient } from './client.ts';
export type { ClientEvents } from './client-events.ts';
export type { ClientOptions } from './client-parts.ts';
export type { ConnectionState } from './connection.ts';
export type { Conversation } from './conversation.ts';
export type { Conversations } from './conversations.ts';
export type { Gap, History, HistoryRange } from './history.ts';
export { HttpApi } from './http.ts';
export type { Message } from './message.ts';
export type { Amending } from './outgoing-amendment.ts';
export type { OutgoingMessage, OutgoingStatus } from './outgoing-message.ts';
export { type PagedOperation, pagesOf } from './pages.ts';
export { Disconnected, Intercepted, ParleyError } from './parley-error.ts';
export type { People } from './people.ts';
export type { Person } from './people-directory.ts';
export { type ClientSocket, type ClientSocketConstructor, defaultRuntime, type Runtime } from './runtime.ts';
export { IndexedDatabase, type LayoutStep } from './store/indexed-database.ts';
export { IndexedDbStore } from './store/indexeddb-store.ts';
export { MemoryStore } from './store/memory-store.ts';
export { StoreUnavailable } from './store/steady-store.ts';
export type {
  Store,
  StoredAmendment,
  StoredConversation,
  StoredMessage,
  StoredSession,
  StoreNotice,
  UnreadMark,
} from './store/store.ts';
export type { Watch } from './watches.ts';
