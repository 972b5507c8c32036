/** The groups of operations, in the order of the reference. */
export const tags: Readonly<Record<string, string>> = {
  Account: 'Sign-up, log-in, log-out, and your own account.',
  People: 'Finding and looking up others.',
  Conversations: 'Direct chats, groups and channels.',
  Members: 'The members of a group or channel, and their roles.',
  Messages: 'Sending, history, and your read position.',
  Administration: 'For administrators of the server.',
};
