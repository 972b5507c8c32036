import { folded } from '@parley/protocol/folding';
import { pagesOf } from '@parley/sdk';
import type { ChatSession } from './chat-session.ts';
import { foundPages, memberPages, sayNextPage, sayPages } from './listing.ts';

/** One command that is typed as `/name argument`. */
interface ChatCommand {
  usage: string;
  meaning: string;
  run(session: ChatSession, argument: string): Promise<void> | void;
}

/** What can be done beside writing; the same in the full screen and line by line. */
export const commands: Record<string, ChatCommand> = {
  open: { usage: '/open NAME', meaning: 'a conversation or a person', run: open },
  find: { usage: '/find TEXT', meaning: 'people and channels', run: find },
  list: { usage: '/list', meaning: 'your conversations', run: list },
  group: { usage: '/group NAME: USER, USER', meaning: 'make a group of people', run: makeGroup },
  channel: { usage: '/channel NAME', meaning: 'make a public channel', run: makeChannel },
  join: { usage: '/join NAME', meaning: 'join a public channel', run: join },
  add: {
    usage: '/add USER',
    meaning: 'add somebody',
    run: (s, name) => withMember(s, name, 'add'),
  },
  remove: { usage: '/remove USER', meaning: 'remove somebody', run: (s, name) => withMember(s, name, 'remove') },
  members: { usage: '/members', meaning: 'who is here', run: members },
  leave: { usage: '/leave', meaning: 'leave what is open', run: leave },
  retry: { usage: '/retry', meaning: 'send again what failed', run: retry },
  load: { usage: '/load', meaning: 'what is left out after a long absence', run: (session) => session.loadGap() },
  more: { usage: '/more', meaning: 'the next page of /find or /members', run: sayNextPage },
  help: { usage: '/help', meaning: 'this list', run: help },
};

/** Runs a line that starts with a slash. Says what went wrong; never throws. */
export async function runCommand(session: ChatSession, line: string): Promise<void> {
  const [, name = '', argument = ''] = /^\/(\S*)\s*([\s\S]*)$/.exec(line) ?? [];
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    session.say(`There is no /${name}; /help lists what there is.`);
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
  if (session.conversations.length === 0) session.say('No conversations yet: /find somebody, then /open their name.');
}

/** Presence of a person, or the kind of a conversation, in one character. */
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
  throw new Error(`There is no channel “${name}”; /find looks by the start of a word.`);
}

async function withMember(session: ChatSession, name: string, what: 'add' | 'remove'): Promise<void> {
  const { id } = await userNamed(session, name);
  const { conversation } = opened(session);
  await (what === 'add' ? conversation.add([id]) : conversation.remove(id));
}

async function members(session: ChatSession): Promise<void> {
  await sayPages(session, memberPages(session, opened(session).conversation.id));
}

async function leave(session: ChatSession): Promise<void> {
  await opened(session).conversation.leave();
}

function retry(session: ChatSession): void {
  for (const message of opened(session).conversation.outbox) message.retry();
}

function help(session: ChatSession): void {
  for (const { usage, meaning } of Object.values(commands)) session.say(`${usage.padEnd(24)} ${meaning}`);
}

function opened(session: ChatSession): NonNullable<ChatSession['open']> {
  if (!session.open) throw new Error('No conversation is open: /open NAME first.');
  return session.open;
}

async function userNamed(session: ChatSession, name: string): Promise<{ id: string }> {
  if (name === '') throw new Error('Name somebody.');
  for await (const { users } of pagesOf(session.client, 'userSearch', { q: name })) {
    const user = named(users, name, ({ username, displayName }) => [username, displayName]);
    if (user) return user;
  }
  throw new Error(`There is no person “${name}”; /find looks by the start of a word.`);
}

/** The item with exactly this name, or else with a name that is equal without case and marks. */
function named<Each>(all: readonly Each[], name: string, namesOf: (each: Each) => string[]): Each | undefined {
  const wanted = folded(name);
  return (
    all.find((each) => namesOf(each).includes(name)) ??
    all.find((each) => namesOf(each).some((own) => folded(own) === wanted))
  );
}
