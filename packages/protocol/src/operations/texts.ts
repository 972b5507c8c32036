import type { OperationId } from './index.ts';

export interface OperationText {
  summary: string;
  description?: string;
}

/** What the reference documents say of each operation. Apart from the operations, so that clients do not carry it. */
export const operationTexts: { readonly [Id in OperationId]: OperationText } = {
  getServer: {
    summary: 'Get version and sign-up mode of the server',
    description:
      'With `userId`, also the epoch of the data of that user, whether the user exists or not. It shows a client whose ' +
      'session has ended whether the server was restored to a time before that session.',
  },
  signup: {
    summary: 'Create an account and log in',
    description: 'The first account on a server becomes its administrator.',
  },
  login: {
    summary: 'Log in on a device',
    description:
      'Response and duration do not show whether the username is unknown or the password wrong. The response has a ' +
      '`deviceSecret`, which does not grant access by itself. Keep it after log-out and send it in the header ' +
      '`parley-device` with later log-ins: attempts with a secret of the account have a rate limit of their own, so ' +
      'that guesses from elsewhere do not lock the user out, and so have attempts from an address at which the user ' +
      'logged in before. Other secrets are ignored. Disabling the account revokes its secrets.',
  },
  logout: {
    summary: 'End this session and close its sockets',
  },
  listSessions: {
    summary: 'List the sessions of this account, newest first',
  },
  revokeSession: {
    summary: 'End one of your sessions and close its sockets',
  },
  changePassword: {
    summary: 'Change the password and end all other sessions',
    description: 'Also revokes all device secrets of the account except those in the header `parley-device`.',
  },
  getAccount: {
    summary: 'Get your account',
  },
  updateAccount: {
    summary: 'Change your display name',
  },
  userSearch: {
    summary: 'Find people by the start of their username or of a word of their display name',
    description: 'Ignores case, accents, apostrophes and punctuation. Ordered by the matching term.',
  },
  lookUpUsers: {
    summary: 'Get users by id whose names changed',
    description:
      'The response contains users whose names have another `version` than the given one or for whom none was given, ' +
      'including disabled accounts. A user who is not in the response has unchanged names or no account.',
  },
  getUser: {
    summary: 'Get a user',
  },
  getHomepage: {
    summary: 'List your conversations, most recent activity first',
    description:
      'With `order=changes`, which needs the feature `amendments`, an amendment of a message also counts as activity.',
  },
  getConversation: {
    summary: 'Get one of your conversations or a public channel',
  },
  openDirect: {
    summary: 'Get or create the direct conversation with a user',
    description: 'The other user sees it from its first message on.',
  },
  createGroup: {
    summary: 'Create a private group and become its owner',
  },
  createChannel: {
    summary: 'Create a public channel and become its owner',
  },
  channelSearch: {
    summary: 'Find public channels by the start of a word of their name; without `q`, list all',
    description: 'Ignores case, accents, apostrophes and punctuation. Ordered by the matching term.',
  },
  joinChannel: {
    summary: 'Join a public channel; no effect if you are a member',
  },
  leaveConversation: {
    summary: 'Leave a group or channel',
    description: 'When the last member leaves, the conversation is closed permanently.',
  },
  updateConversation: {
    summary: 'Change name, description or announce-only; for owners and admins',
  },
  listMembers: {
    summary: 'List members in the order in which they joined',
  },
  addMembers: {
    summary: 'Add members; for owners and admins',
    description: 'Existing members are skipped.',
  },
  removeMember: {
    summary: 'Remove a member; admins can remove members, owners anybody',
  },
  listBans: {
    summary: 'List banned users, the latest ban first; for owners and admins',
  },
  banUser: {
    summary: 'Ban a user; admins can ban members and others who are neither owner nor admin, owners anybody',
    description:
      'A member is removed by the same entry. A banned user can neither join nor be added until the ban is lifted. No ' +
      'effect if the user is banned. Needs the feature `bans`.',
  },
  unbanUser: {
    summary: 'Lift the ban of a user; for owners and admins',
    description: 'The user can then join or be added. No effect if the user is not banned. Needs the feature `bans`.',
  },
  setRole: {
    summary: 'Change the role of a member; for owners',
  },
  sendMessage: {
    summary: 'Send a message',
    description: 'Can be retried at any time with the same client message id (contract 2).',
  },
  getHistory: {
    summary: 'Get the newest entries, or those before, after or around a number',
    description: 'A page ends early after 256 KiB of text. Only one of `before`, `after` and `around` may be given.',
  },
  amendMessage: {
    summary: 'Edit, delete, react to or pin a message',
    description:
      'Can be retried at any time with the same amendment id (contract 2). Only with the feature `amendments`, as the ' +
      'three operations below.',
  },
  getChanges: {
    summary: 'List the messages that were amended after a revision',
    description:
      'Each is listed once, in its present state. `revision` of a conversation is the newest one. If `reread` is set, ' +
      'too many were amended: discard the entries that you have, and read the pages that you need.',
  },
  listPins: {
    summary: 'List the pinned messages, newest first',
  },
  listReactions: {
    summary: 'List the users who reacted to a message with an emoji',
  },
  getReadPositions: {
    summary: 'List your read positions that changed after a revision',
    description:
      'Changes by other devices while this one was away. Each conversation is listed once, with its present position. ' +
      '`welcome` has the newest revision; a client without a revision reads all pages of the homepage instead.',
  },
  markRead: {
    summary: 'Move your read position forward',
    description:
      'No effect if you have read further, or marked the conversation as unread after `readVersion`, if given. The ' +
      'response has the resulting position. `readVersion` only with the feature `mark_unread`.',
  },
  markUnread: {
    summary: 'Mark an entry and those after it as unread',
    description:
      'Moves your read position to the entry before `seq`, which is after your joining. No effect if the position has ' +
      'moved since the one of the request. The response has the resulting position. Other members are not told. Only ' +
      'with the feature `mark_unread`.',
  },
  getStats: {
    summary: 'Get counts of stored data and of present users',
  },
  createInvitation: {
    summary: 'Create an invitation, for a server with sign-up by invitation',
  },
  listAccounts: {
    summary: 'List all accounts by username',
  },
  createAccount: {
    summary: 'Create an account in any sign-up mode',
  },
  setAccountDisabled: {
    summary: 'Disable an account and end its sessions, or enable it',
  },
  resetPassword: {
    summary: 'Set the password of a user and end all sessions of the user',
    description: 'Leaves the device secrets of the user: they do not grant access by themselves.',
  },
  getSettings: {
    summary: 'Get the settings that administrators change while the server runs',
  },
  setSettings: {
    summary: 'Replace these settings',
    description: 'In force on all servers within seconds. A message that was edited in time stays as it is.',
  },
  listFollowers: {
    summary: 'List the followers of the feed with position, lag and set-aside records',
  },
  resetFollower: {
    summary: 'Reset a follower: it builds its data from the stores again, within seconds',
  },
};
