import { folded } from '@parley/protocol/folding';
import { pagesOf } from '@parley/sdk';
import type { ChatSession } from './chat-session.ts';
import { foundPages, memberPages, sayNextPage, sayPages } from './listing.ts';

/** A command that is typed as `/name argument`. */
interface ChatCommand {
  usage: string;
  meaning: string;
  run(session: ChatSession, argument: string): Promise<void> | void;
}

/** The commands of the chat, for the full screen and for --plain. */
export const commands: Record<string, ChatCommand> = {
  open: { usage: '/open NAME', meaning: 'open a conversation, or a chat with a person', run: open },
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
  members: { usage: '/members', meaning: 'list the members', run: members },
  leave: { usage: '/leave', meaning: 'leave the open conversation', run: leave },
  retry: { usage: '/retry', meaning: 'send failed messages again', run: retry },
  load: {
    usage: '/load',
    meaning: 'load entries that were skipped after a long absence',
    run: (session) => session.loadGap(),
  },
  more: { usage: '/more', meaning: 'show the next page of /find or /members', run: sayNextPage },
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
  await session.show(await session.client.conversations.createGroup(group));
}

async function makeChannel(session: ChatSession, name: string): Promise<void> {
  await session.show(await session.client.conversations.createChannel({ name }));
}

async function join(session: ChatSession, name: string): Promise<void> {
  for await (const { channels } of pagesOf(session.client, 'channelSearch', { q: name })) {
    const channel = named(channels, name, (each) => [each.name]);
    if (channel) return session.show(await session.client.conversations.join(channel.id));
  }
  throw new Error(`There is no channel “${name}”. /find lists names by the start of a word.`);
}

async function withMember(session: ChatSession, name: string, what: 'add' | 'remove'): Promise<void> {
  const { id } = await userNamed(session, name);
  const { conversation } = session.opened;
  await (what === 'add' ? conversation.add([id]) : conversation.remove(id));
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
