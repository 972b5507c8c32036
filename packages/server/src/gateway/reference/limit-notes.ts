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
  sessionsPerUser: { unit: 'sessions', text: 'Of one account; logging in ends the one that was used longest ago.' },
  knownDevicesPerUser: {
    unit: 'devices',
    text: 'Of one account that are known by their secrets; the oldest is forgotten.',
  },
  deviceSecretsPerRequest: { unit: 'secrets', text: 'In the header `parley-device` of one request.' },
  conversationNameCodePoints: { unit: 'code points', text: 'The name of a group or channel.' },
  descriptionCodePoints: { unit: 'code points', text: 'The description of a group or channel.' },
  clientMessageIdLength: { unit: 'characters', text: 'A client message id or client request id.' },
  searchCodePoints: { unit: 'code points', text: 'What is searched for.' },
  membersPerRequest: { unit: 'people', text: 'Named in one request that creates a group or adds members.' },
  membersPerConversation: { unit: 'people', text: 'Members of one group or channel.' },
  directFanOutMembers: { unit: 'people', text: 'Above this many members there are neither read receipts nor typing.' },
  homepagePageSize: { unit: 'rows', text: 'Conversations on a page of the homepage, unless asked for otherwise.' },
  homepagePageMax: { unit: 'rows', text: 'Most conversations on a page of the homepage.' },
  historyPageSize: { unit: 'rows', text: 'Entries on a page of history, unless asked for otherwise.' },
  historyPageMax: { unit: 'rows', text: 'Most entries on a page of history.' },
  historyPageTextBytes: { unit: 'bytes', text: 'Text after which a page of history ends early.' },
  readPositionPageSize: { unit: 'rows', text: 'Read positions on a page, unless asked for otherwise.' },
  readPositionPageMax: { unit: 'rows', text: 'Most read positions on a page.' },
  memberPageSize: { unit: 'rows', text: 'Members or accounts on a page, unless asked for otherwise.' },
  memberPageMax: { unit: 'rows', text: 'Most members or accounts on a page.' },
  searchPageSize: { unit: 'rows', text: 'Results on a page of a search, unless asked for otherwise.' },
  searchPageMax: { unit: 'rows', text: 'Most results on a page of a search.' },
  usersPerLookup: { unit: 'people', text: 'Whose names one request asks for.' },
  watchedUsers: { unit: 'people', text: 'Whose presence one connection can watch at once.' },
  watchedConversations: { unit: 'conversations', text: 'Whose online count one connection can watch at once.' },
  watchedTyping: { unit: 'conversations', text: 'Of which one connection can be told at once who types.' },
  features: { unit: 'features', text: 'Which one client can say that it understands.' },
  featureNameLength: { unit: 'characters', text: 'The name of a feature.' },
  helloTimeoutMs: { unit: 'ms', text: 'From opening a socket to the end of its hello.' },
  heartbeatMs: { unit: 'ms', text: 'A client sends something, if only a ping, at least this often.' },
  silenceMs: { unit: 'ms', text: 'A connection that was silent for this long is closed.' },
  presenceIntervalMs: { unit: 'ms', text: 'Presence changes are sent together, at most this often.' },
  typingMs: { unit: 'ms', text: 'How long a typing notice stands when no other follows.' },
};
