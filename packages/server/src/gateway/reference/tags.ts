/** The groups of operations, in the order of the reference. */
export const tags: Readonly<Record<string, string>> = {
  Account: 'Becoming a user, logging in and out, and your own account.',
  People: 'Finding and looking up others.',
  Conversations: 'Direct chats, groups and channels.',
  Members: 'Who is in a group or channel, and in which role.',
  Messages: 'Sending, reading back, and how far you have read.',
  Administration: 'For administrators of the server.',
};
