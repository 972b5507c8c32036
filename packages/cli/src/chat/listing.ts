import { limits, shownName } from '@parley/protocol';
import { pagesOf } from '@parley/sdk';
import type { ChatSession, ListedPage } from './chat-session.ts';
import { displayLine } from './display-text.ts';

/** Lines of the largest page, people and channels together: the server's limit, for which the notices have room. */
const pageLinesMax = 2 * limits.searchPageMax - 2;

/** Shows the first page; `/more` shows the next. */
export async function sayPages(session: ChatSession, pages: AsyncGenerator<ListedPage>): Promise<void> {
  session.listed = pages;
  await sayNextPage(session);
}

export async function sayNextPage(session: ChatSession): Promise<void> {
  const page = await session.listed?.next();
  if (!page || page.done) throw new Error('There are no more pages. /find and /members start a list.');
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
      ...(users?.users ?? []).map(
        (user) => `${user.online ? '●' : '○'} ${user.username} (${shownName(user.displayName, user.username)})`,
      ),
      ...(rooms?.channels ?? []).map(
        ({ name, memberCount }) => `# ${shownName(name, 'Conversation')} (${memberCount} members)`,
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
      ({ user, role }) =>
        `${user.online ? '●' : '○'} ${displayLine(shownName(user.displayName, user.username))} (${user.username}), ${role}`,
    );
    yield { lines, isLast: page.nextCursor === null };
  }
}
