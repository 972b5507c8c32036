import { createInterface } from 'node:readline';
import type { Entry } from '@parley/sdk';
import type { ChatSession } from './chat-session.ts';
import { runCommand } from './commands.ts';
import { displayLine } from './display-text.ts';
import { shownEntry } from './entry-lines.ts';

/**
 * Line in, line out: for pipes, screen readers and logs. A line that starts with a slash is a command, `//` writes a
 * line that starts with one. Ends with the input, once everything is sent.
 */
export async function runPlain(session: ChatSession): Promise<void> {
  const { client } = session;
  let said = 0;
  const sayNotices = () => {
    for (; said < session.noticeCount; said++) print(`* ${session.notices.at(said - session.noticeCount)}`);
  };
  session.onChange(sayNotices);
  client.on('entry', (entry) => printEntry(session, entry));
  client.connect();
  await client.live();
  print(`* Hello, ${displayLine(session.people.name(client.account?.id ?? ''))}. /help lists what there is.`);
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.startsWith('/') && !line.startsWith('//')) await runCommand(session, line);
    else if (line !== '') write(session, line.replace(/^\/\//, '/'));
  }
  await Promise.all(session.conversations.flatMap(({ outbox }) => outbox).map((message) => message.sent()));
  client.close();
}

function write(session: ChatSession, text: string): void {
  if (session.open) session.send(text);
  else session.say('No conversation is open: /open NAME first.');
}

function printEntry(session: ChatSession, entry: Entry): void {
  const conversation = session.client.conversations.get(entry.conversationId);
  const { time, author, text } = shownEntry(entry, (userId) => session.people.name(userId));
  const where = conversation ? session.title(conversation) : '?';
  print(`${time} [${where}] ${author === null ? '—' : `${author}:`} ${text.replaceAll('\n', '\n    ')}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
