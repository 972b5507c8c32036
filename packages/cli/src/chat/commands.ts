import { readMessageLink } from '@parley/protocol';
import { folded } from '@parley/protocol/folding';
import { pagesOf } from '@parley/sdk';
import { beginDelete, beginEdit, beginReply, cancel, confirm, pin, pins, react, reactions } from './amend-commands.ts';
import type { ChatSession } from './chat-session.ts';
import { openLink, showLink } from './links.ts';
import { banPages, foundPages, memberPages, sayNextPage, sayPages } from './listing.ts';
import { markUnread } from './mark-unread.ts';

/** A command that is typed as `/name argument`. */
interface ChatCommand {
  usage: string;
  meaning: string;
  run(session: ChatSession, argument: string): Promise<void> | void;
}

/** The commands of the chat, for the full screen and for --plain. */
export const commands: Record<string, ChatCommand> = {
  open: {
    usage: '/open NAME or LINK',
    meaning: 'open a conversation, a chat with a person, or the link of a message',
    run: open,
  },
  link: { usage: '/link TEXT', meaning: 'show the link of the newest message that contains the text', run: showLink },
  find: { usage: '/find TEXT', meaning: 'find people and channels by the start of a word', run: find },
  list: { usage: '/list', meaning: 'list your conversations', run: list },
  group: { usage: '/group NAME: USER, USER', meaning: 'create a group', run: makeGroup },
  channel: { usage: '/channel NAME', meaning: 'create a public channel', run: makeChannel },
  join: { usage: '/join NAME', meaning: 'join a public channel', run: join },
  add: {
    usage: '/add USER',
    meaning: 'add a member',
    run: (s, name) => withMember(s, name, 'add'),
  },
  remove: { usage: '/remove USER', meaning: 'remove a member', run: (s, name) => withMember(s, name, 'remove') },
  ban: {
    usage: '/ban USER',
    meaning: 'remove a user, who can neither join nor be added until /unban',
    run: (s, name) => withMember(s, name, 'ban'),
  },
  unban: { usage: '/unban USER', meaning: 'lift the ban of a user', run: unban },
  banned: { usage: '/banned', meaning: 'list the banned users', run: banned },
  members: { usage: '/members', meaning: 'list the members', run: members },
  edit: { usage: '/edit TEXT', meaning: 'edit your newest message that contains the text', run: beginEdit },
  delete: { usage: '/delete TEXT', meaning: 'delete a message, after /confirm', run: beginDelete },
  confirm: { usage: '/confirm', meaning: 'delete the message of /delete', run: confirm },
  cancel: { usage: '/cancel', meaning: 'leave what /edit, /reply or /delete began', run: cancel },
  reply: { usage: '/reply TEXT', meaning: 'reply to the newest message that contains the text', run: beginReply },
  react: { usage: '/react EMOJI TEXT', meaning: 'react to a message, or remove your reaction', run: react },
  reactions: { usage: '/reactions TEXT', meaning: 'list who reacted to a message', run: reactions },
  pin: { usage: '/pin TEXT', meaning: 'pin a message, or unpin it', run: pin },
  pins: { usage: '/pins', meaning: 'list the pinned messages', run: pins },
  unread: {
    usage: '/unread TEXT',
    meaning: 'mark the newest message that contains the text, and later ones, as unread',
    run: markUnread,
  },
  leave: { usage: '/leave', meaning: 'leave the open conversation', run: leave },
  retry: { usage: '/retry', meaning: 'send failed messages again', run: retry },
  load: {
    usage: '/load',
    meaning: 'load entries that were skipped after a long absence',
    run: (session) => session.loadGap(),
  },
  more: { usage: '/more', meaning: 'show the next page of /find, /members, /banned or /reactions', run: sayNextPage },
  help: { usage: '/help', meaning: 'show this list', run: help },
};

/** Runs a line that starts with a slash. Reports errors as notices; never throws. */
export async function runCommand(session: ChatSession, line: string): Promise<void> {
  const [, name = '', argument = ''] = /^\/(\S*)\s*([\s\S]*)$/.exec(line) ?? [];
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    session.say(`Unknown command /${name}. /help lists the commands.`);
    return;
  }
  try {
    await command.run(session, argument.trim());
  } catch (error) {
    session.say(error instanceof Error ? error.message : String(error));
  }
}

async function open(session: ChatSession, name: string): Promise<void> {
  const link = readMessageLink(name);
  if (link) return openLink(session, link);
  const known = named(session.conversations, name, ({ title }) => [title]);
  if (known) return session.show(known);
  const user = await userNamed(session, name);
  await session.show(await session.client.conversations.openDirect(user.id));
}

async function find(session: ChatSession, text: string): Promise<void> {
  await sayPages(session, foundPages(session, text));
}

function list(session: ChatSession): void {
  for (const conversation of session.conversations) {
    const unread = conversation.unreadCount > 0 ? ` [${conversation.unreadCount}]` : '';
    session.say(`${mark(session, conversation)} ${session.title(conversation)}${unread}`);
  }
  if (session.conversations.length === 0) session.say('No conversations yet. /find a person, then /open the name.');
}

/** One character for the presence of the partner, or for the kind of the conversation. */
export function mark(session: ChatSession, { data }: ChatSession['conversations'][number]): string {
  if (data.partner) return session.people.isOnline(data.partner.id) ? '●' : '○';
  return data.kind === 'channel' ? '#' : '&';
}

async function makeGroup(session: ChatSession, argument: string): Promise<void> {
  const [name = '', names = ''] = argument.split(/:(.*)/s);
  const users = await Promise.all(
    names
      .split(',')
      .filter((each) => each.trim() !== '')
      .map((each) => userNamed(session, each.trim())),
  );
  const group = { name: name.trim(), userIds: users.map(({ id }) => id) };
  const { conversations } = session.client;
  const create = (clientRequestId: string) => conversations.createGroup({ ...group, clientRequestId });
  await session.show(await session.requestIds.use({ group }, create));
}

async function makeChannel(session: ChatSession, name: string): Promise<void> {
  const { conversations } = session.client;
  const create = (clientRequestId: string) => conversations.createChannel({ name, clientRequestId });
  await session.show(await session.requestIds.use({ channel: name }, create));
}

async function join(session: ChatSession, name: string): Promise<void> {
  for await (const { channels } of pagesOf(session.client, 'channelSearch', { q: name })) {
    const channel = named(channels, name, (each) => [each.name]);
    if (channel) return session.show(await session.client.conversations.join(channel.id));
  }
  throw new Error(`There is no channel “${name}”. /find lists names by the start of a word.`);
}

async function withMember(session: ChatSession, name: string, what: 'add' | 'remove' | 'ban'): Promise<void> {
  const { id } = await userNamed(session, name);
  const { conversation } = session.opened;
  await (what === 'add' ? conversation.add([id]) : conversation[what](id));
}

/** Finds the user among the banned ones: the search does not find users whose accounts are disabled. */
async function unban(session: ChatSession, name: string): Promise<void> {
  const { conversation } = session.opened;
  for await (const { bans } of pagesOf(session.client, 'listBans', { conversationId: conversation.id })) {
    const ban = named(bans, name, ({ user }) => [user.username, user.displayName]);
    if (ban) return conversation.unban(ban.user.id);
  }
  throw new Error(`No banned user is called “${name}”. /banned lists them.`);
}

async function banned(session: ChatSession): Promise<void> {
  await sayPages(session, banPages(session, session.opened.conversation.id));
}

async function members(session: ChatSession): Promise<void> {
  await sayPages(session, memberPages(session, session.opened.conversation.id));
}

async function leave(session: ChatSession): Promise<void> {
  await session.opened.conversation.leave();
}

function retry(session: ChatSession): void {
  for (const message of session.opened.conversation.outbox) message.retry();
}

function help(session: ChatSession): void {
  for (const { usage, meaning } of Object.values(commands)) session.say(`${usage.padEnd(24)} ${meaning}`);
}

async function userNamed(session: ChatSession, name: string): Promise<{ id: string }> {
  if (name === '') throw new Error('A name is missing, as in /open NAME.');
  for await (const { users } of pagesOf(session.client, 'userSearch', { q: name })) {
    const user = named(users, name, ({ username, displayName }) => [username, displayName]);
    if (user) return user;
  }
  throw new Error(`There is no person “${name}”. /find lists names by the start of a word.`);
}

/** The item with exactly this name, or else one whose name is equal when folded. */
function named<Each>(all: readonly Each[], name: string, namesOf: (each: Each) => string[]): Each | undefined {
  const wanted = folded(name);
  return (
    all.find((each) => namesOf(each).includes(name)) ??
    all.find((each) => namesOf(each).some((own) => folded(own) === wanted))
  );
}
