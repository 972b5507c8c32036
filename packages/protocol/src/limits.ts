/** All limits that affect clients. Sizes are bytes of UTF-8, lengths are Unicode code points. */
export const limits = {
  /** The text of a message, which is therefore at most 40,000 bytes. */
  textCodePoints: 10_000,
  /** One WebSocket frame from a client. */
  frameBytes: 64 * 1024,
  /** The body of an HTTP request. A text of maximum length fits even if every character is escaped as `\uXXXX`. */
  bodyBytes: 256 * 1024,
  usernameMinLength: 3,
  usernameMaxLength: 32,
  displayNameCodePoints: 64,
  /** The minimum of NIST SP 800-63B section 3.1.1.2. */
  passwordMinCodePoints: 8,
  /** Bounds the cost of hashing. */
  passwordMaxCodePoints: 256,
  deviceNameCodePoints: 64,
  /** Sessions per account. A log-in beyond the limit ends the least recently used one. */
  sessionsPerUser: 100,
  /** Device secrets per account. The least recently used one is removed first. */
  knownDevicesPerUser: 20,
  /** Device secrets per request. */
  deviceSecretsPerRequest: 5,
  conversationNameCodePoints: 100,
  descriptionCodePoints: 1_000,
  clientMessageIdLength: 64,
  searchCodePoints: 64,
  /** Different emoji with which users can react to a message, and the UTF-16 length of one. */
  reactionsPerMessage: 50,
  emojiLength: 64,
  pinsPerConversation: 50,
  /** Users per request that creates a conversation or adds members. */
  membersPerRequest: 100,
  /** Members per group or channel. */
  membersPerConversation: 500_000,
  /** Banned users per group or channel. */
  bansPerConversation: 500_000,
  /**
   * Above this number of members, an entry is sent to every server with connected members instead of to the servers of
   * each member, and read receipts and typing are not sent.
   */
  directFanOutMembers: 256,
  homepagePageSize: 50,
  homepagePageMax: 200,
  historyPageSize: 50,
  historyPageMax: 200,
  /** Bytes of text after which a page of history ends early. */
  historyPageTextBytes: 256 * 1024,
  /** Conversations per `catch_up` frame. */
  catchUpRanges: 30,
  /** Entries of a response to it. */
  catchUpEntries: 200,
  /** The encoded size of the entries of a response to it, which has at least one entry if one is missing. */
  catchUpBytes: 56 * 1024,
  changesPageSize: 200,
  changesPageMax: 500,
  /** With more amended messages than this, a client reads the conversation again. */
  changesMax: 2_000,
  readPositionPageSize: 200,
  readPositionPageMax: 500,
  memberPageSize: 50,
  memberPageMax: 200,
  searchPageSize: 20,
  searchPageMax: 50,
  /** Users per look-up of names. */
  usersPerLookup: 200,
  /** Users that one connection can watch. */
  watchedUsers: 500,
  /** Conversations whose online count one connection can watch. */
  watchedConversations: 20,
  /** Conversations whose typing users one connection can watch. */
  watchedTyping: 100,
  /** Features that a client can name, and the length of a name. */
  features: 100,
  featureNameLength: 64,
  /** Time from opening a socket to the end of its `hello`. */
  helloTimeoutMs: 5_000,
  /** A client sends a frame, for example `ping`, at least this often. */
  heartbeatMs: 10_000,
  /** A connection on which nothing arrived for this long is closed. */
  silenceMs: 22_000,
  /** Presence changes of a watch list are sent in batches, at most this often. */
  presenceIntervalMs: 500,
  /** Amendments of a broadcast conversation are sent in batches, at most this often. */
  amendedIntervalMs: 500,
  /** How long a typing notice is valid. */
  typingMs: 6_000,
} as const;
