/** Every bound that a client can run into. Sizes are bytes of UTF-8, lengths are Unicode code points. */
export const limits = {
  /** A message's length; at most four bytes each, so a text is at most 40,000 bytes. */
  textCodePoints: 10_000,
  /** One WebSocket frame from a client. */
  frameBytes: 64 * 1024,
  /** The body of one HTTP request: a longest text fits even when every character is escaped as `\uXXXX`. */
  bodyBytes: 256 * 1024,
  usernameMinLength: 3,
  usernameMaxLength: 32,
  displayNameCodePoints: 64,
  /** Shortest password, from NIST SP 800-63B section 3.1.1.2. */
  passwordMinCodePoints: 8,
  /** Hashing cost must not grow with what a stranger sends. */
  passwordMaxCodePoints: 256,
  deviceNameCodePoints: 64,
  /** Sessions of one account; logging in ends the one that was used longest ago. */
  sessionsPerUser: 100,
  /** Devices of one account that are known by their secrets; the one that was used longest ago is forgotten first. */
  knownDevicesPerUser: 20,
  /** Device secrets that one request can carry. */
  deviceSecretsPerRequest: 5,
  conversationNameCodePoints: 100,
  descriptionCodePoints: 1_000,
  clientMessageIdLength: 64,
  searchCodePoints: 64,
  /** People named in one request that creates a conversation or adds members. */
  membersPerRequest: 100,
  /** Members of one group or channel. */
  membersPerConversation: 500_000,
  /** Above this many members an entry goes to every interested server instead of to each member's servers; read
   * receipts and typing stop here too. */
  directFanOutMembers: 256,
  homepagePageSize: 50,
  homepagePageMax: 200,
  historyPageSize: 50,
  historyPageMax: 200,
  /** Bytes of text after which a page of history ends early, whatever its limit. */
  historyPageTextBytes: 256 * 1024,
  readPositionPageSize: 200,
  readPositionPageMax: 500,
  memberPageSize: 50,
  memberPageMax: 200,
  searchPageSize: 20,
  searchPageMax: 50,
  /** People named in one request for what they are called. */
  usersPerLookup: 200,
  /** Users that one connection can watch at once. */
  watchedUsers: 500,
  /** Conversations whose online count one connection can watch at once. */
  watchedConversations: 20,
  /** Conversations of which one connection can be told at once who types. */
  watchedTyping: 100,
  /** Features that one client can name, and the length of a name. */
  features: 100,
  featureNameLength: 64,
  /** From opening a socket to the end of its `hello`. */
  helloTimeoutMs: 5_000,
  /** A client sends something, if only `ping`, at least this often. */
  heartbeatMs: 10_000,
  /** A connection that was silent for this long is closed. */
  silenceMs: 22_000,
  /** Presence changes of one connection's watch list are sent together, at most this often. */
  presenceIntervalMs: 500,
  /** How long a typing notice stands when no other follows. */
  typingMs: 6_000,
} as const;
