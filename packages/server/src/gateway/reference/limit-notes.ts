import type { limits } from '@parley/protocol';

interface LimitNote {
  unit:
    | 'bytes'
    | 'code points'
    | 'characters'
    | 'people'
    | 'rows'
    | 'conversations'
    | 'devices'
    | 'sessions'
    | 'secrets'
    | 'features'
    | 'messages'
    | 'emoji'
    | 'ms';
  text: string;
}

/** Describes each limit of the protocol, in the order of the reference. */
export const limitNotes: Readonly<Record<keyof typeof limits, LimitNote>> = {
  textCodePoints: { unit: 'code points', text: 'A message’s text.' },
  frameBytes: { unit: 'bytes', text: 'One frame from a client.' },
  bodyBytes: {
    unit: 'bytes',
    text: 'The body of any HTTP request; of most operations it is less (see `/v1/openapi.json`).',
  },
  usernameMinLength: { unit: 'characters', text: 'The shortest username.' },
  usernameMaxLength: { unit: 'characters', text: 'The longest username.' },
  displayNameCodePoints: { unit: 'code points', text: 'A display name.' },
  passwordMinCodePoints: { unit: 'code points', text: 'The shortest password.' },
  passwordMaxCodePoints: { unit: 'code points', text: 'The longest password.' },
  deviceNameCodePoints: { unit: 'code points', text: 'A device’s name.' },
  sessionsPerUser: { unit: 'sessions', text: 'Of one account; a log-in above it ends the least recently used one.' },
  knownDevicesPerUser: {
    unit: 'devices',
    text: 'Known devices of one account, and as many addresses; the least recently used of all are removed first.',
  },
  deviceSecretsPerRequest: { unit: 'secrets', text: 'In the header `parley-device` of one request.' },
  conversationNameCodePoints: { unit: 'code points', text: 'The name of a group or channel.' },
  descriptionCodePoints: { unit: 'code points', text: 'The description of a group or channel.' },
  clientMessageIdLength: { unit: 'characters', text: 'A client message id or client request id.' },
  reactionsPerMessage: { unit: 'emoji', text: 'Different reactions to one message.' },
  emojiLength: { unit: 'characters', text: 'The UTF-16 length of the emoji of a reaction.' },
  pinsPerConversation: { unit: 'messages', text: 'Pinned messages of one conversation.' },
  searchCodePoints: { unit: 'code points', text: 'The text of a search.' },
  membersPerRequest: { unit: 'people', text: 'Named in one request that creates a group or adds members.' },
  membersPerConversation: { unit: 'people', text: 'Members of one group or channel.' },
  bansPerConversation: { unit: 'people', text: 'Banned users of one group or channel.' },
  directFanOutMembers: { unit: 'people', text: 'Above this number of members, read receipts and typing are not sent.' },
  homepagePageSize: { unit: 'rows', text: 'Conversations on a page of the homepage, by default.' },
  homepagePageMax: { unit: 'rows', text: 'Conversations on a page of the homepage, at most.' },
  historyPageSize: { unit: 'rows', text: 'Entries on a page of history, by default.' },
  historyPageMax: { unit: 'rows', text: 'Entries on a page of history, at most.' },
  historyPageTextBytes: { unit: 'bytes', text: 'Text after which a page of history ends early.' },
  catchUpRanges: { unit: 'conversations', text: 'In one `catch_up` frame.' },
  catchUpEntries: { unit: 'rows', text: 'Entries of a response to `catch_up`.' },
  catchUpBytes: {
    unit: 'bytes',
    text: 'The entries of a response to `catch_up`, as JSON; one entry may be larger.',
  },
  changesPageSize: { unit: 'messages', text: 'Amended messages on a page, by default.' },
  changesPageMax: { unit: 'messages', text: 'Amended messages on a page, at most.' },
  changesMax: {
    unit: 'messages',
    text: 'If more were amended since a revision, the client reads the conversation again.',
  },
  readPositionPageSize: { unit: 'rows', text: 'Read positions on a page, by default.' },
  readPositionPageMax: { unit: 'rows', text: 'Read positions on a page, at most.' },
  memberPageSize: { unit: 'rows', text: 'Members, bans or accounts on a page, by default.' },
  memberPageMax: { unit: 'rows', text: 'Members, bans or accounts on a page, at most.' },
  searchPageSize: { unit: 'rows', text: 'Results on a page of a search, by default.' },
  searchPageMax: { unit: 'rows', text: 'Results on a page of a search, at most.' },
  usersPerLookup: { unit: 'people', text: 'Users whose names one request looks up.' },
  watchedUsers: { unit: 'people', text: 'Users whose presence one connection can watch.' },
  watchedConversations: { unit: 'conversations', text: 'Conversations whose online count one connection can watch.' },
  watchedTyping: { unit: 'conversations', text: 'Conversations whose typing users one connection can watch.' },
  features: { unit: 'features', text: 'Features that one client can name.' },
  featureNameLength: { unit: 'characters', text: 'The name of a feature.' },
  helloTimeoutMs: { unit: 'ms', text: 'From opening a socket to the end of its hello.' },
  heartbeatMs: { unit: 'ms', text: 'A client sends a frame, for example `ping`, at least this often.' },
  silenceMs: { unit: 'ms', text: 'A connection that was silent for this long is closed.' },
  presenceIntervalMs: { unit: 'ms', text: 'Presence changes are sent together, at most this often.' },
  amendedIntervalMs: {
    unit: 'ms',
    text: 'Amendments of a conversation with many members are sent together, at most this often.',
  },
  typingMs: { unit: 'ms', text: 'A typing notice is valid for this long.' },
};
