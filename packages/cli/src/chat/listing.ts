import { limits, markedName, shownName } from '@parley/protocol';
import { type MessageEntry, pagesOf } from '@parley/sdk';
import type { ChatSession } from './chat-session.ts';
import { dayAndTime, displayLine } from './display-text.ts';
import type { ListedPage } from './listed-page.ts';

/** Lines of the largest page, people and channels together: the server's limit, for which the notices have room. */
const pageLinesMax = 2 * limits.searchPageMax - 2;

/** Shows the first page; `/more` shows the next. */
export async function sayPages(session: ChatSession, pages: AsyncGenerator<ListedPage>): Promise<void> {
  session.listed = pages;
  await sayNextPage(session);
}

export async function sayNextPage(session: ChatSession): Promise<void> {
  const page = await session.listed?.next();
  if (!page || page.done)
    throw new Error('There are no more pages. /find, /members, /banned and /reactions start a list.');
  for (const line of page.value.lines) session.say(line);
  if (page.value.isLast) session.listed = null;
  else session.say('… /more shows the next page.');
}

/** People and channels with a word that begins with `q`, a page of each at a time. */
export async function* foundPages({ client, listedLines }: ChatSession, q: string): AsyncGenerator<ListedPage> {
  const limit = Math.floor(Math.min(listedLines, pageLinesMax) / 2);
  const people = pagesOf(client, 'userSearch', { q, limit });
  const channels = pagesOf(client, 'channelSearch', { q, limit });
  for (let isFirst = true, isLast = false; !isLast; isFirst = false) {
    const [{ value: users }, { value: rooms }] = await Promise.all([people.next(), channels.next()]);
    const lines = [
      ...(users?.users ?? []).map((user) => `${user.online ? '●' : '○'} ${user.username} (${nameOf(user)})`),
      ...(rooms?.channels ?? []).map(
        ({ name, memberCount }) => `# ${markedName(shownName(name, 'Conversation'), 'en')} (${memberCount} members)`,
      ),
    ];
    if (isFirst && lines.length === 0) lines.push(`No person and no channel starts with “${q}”.`);
    isLast = !users?.nextCursor && !rooms?.nextCursor;
    yield { lines, isLast };
  }
}

export async function* memberPages(
  { client, listedLines }: ChatSession,
  conversationId: string,
): AsyncGenerator<ListedPage> {
  const limit = Math.min(listedLines, pageLinesMax);
  for await (const page of pagesOf(client, 'listMembers', { conversationId, limit })) {
    const lines = page.members.map(
      ({ user, role }) => `${user.online ? '●' : '○'} ${nameOf(user)} (${user.username}), ${role}`,
    );
    yield { lines, isLast: page.nextCursor === null };
  }
}

export async function* banPages(
  { client, listedLines }: ChatSession,
  conversationId: string,
): AsyncGenerator<ListedPage> {
  const limit = Math.min(listedLines, pageLinesMax);
  let isFirst = true;
  for await (const page of pagesOf(client, 'listBans', { conversationId, limit })) {
    const lines = page.bans.map(
      ({ user, bannedBy, atMs }) =>
        `${nameOf(user)} (${user.username}), banned by ${nameOf(bannedBy)} on ${dayAndTime(atMs)}`,
    );
    if (isFirst && lines.length === 0) lines.push('Nobody is banned here.');
    isFirst = false;
    yield { lines, isLast: page.nextCursor === null };
  }
}

function nameOf({ displayName, username }: { displayName: string; username: string }): string {
  return displayLine(markedName(shownName(displayName, username), 'en'));
}

/** Who reacted to a message, one emoji after the other. */
export async function* reactionPages(
  { client, listedLines }: ChatSession,
  { conversationId, seq, reactions = [] }: MessageEntry,
): AsyncGenerator<ListedPage> {
  const limit = Math.min(listedLines, pageLinesMax);
  for (const { emoji } of reactions) {
    for await (const page of pagesOf(client, 'listReactions', { conversationId, seq, emoji, limit })) {
      const lines = page.users.map((user) => `${displayLine(emoji)} ${nameOf(user)} (${user.username})`);
      yield { lines, isLast: page.nextCursor === null && emoji === reactions.at(-1)?.emoji };
    }
  }
}
