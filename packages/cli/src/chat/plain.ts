import { createInterface } from 'node:readline';
import type { Entry } from '@parley/sdk';
import { Failure } from '../failure.ts';
import type { ChatSession } from './chat-session.ts';
import { runCommand } from './commands.ts';
import { displayLine } from './display-text.ts';
import { shownEntry } from './entry-lines.ts';
import { gapText } from './gaps.ts';

/**
 * Reads and prints lines: for pipes, screen readers and logs. A line that starts with a slash is a command; `//` sends
 * a line that starts with a slash. Returns at the end of the input, once everything is sent.
 *
 * @throws {Failure} when the session is ended elsewhere.
 */
export async function runPlain(session: ChatSession): Promise<void> {
  const { client } = session;
  let said = 0;
  const sayNotices = () => {
    for (; said < session.noticeCount; said++) print(`* ${session.notices.at(said - session.noticeCount)}`);
  };
  session.onChange(sayNotices);
  client.on('entry', (entry) => printEntry(session, entry));
  client.on('skipped', ({ conversation, ...gap }) => {
    session.say(`${session.title(conversation)}: ${gapText(gap)}. /open the conversation, then /load loads them.`);
  });
  session.printLoaded = (entries) => {
    for (const entry of entries) printEntry(session, entry);
  };
  client.connect();
  await client.live();
  print(`* Hello, ${displayLine(session.people.name(client.account?.id ?? ''))}. /help lists the commands.`);
  const lines = createInterface({ input: process.stdin });
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => {
    client.on('sessionEnded', () => {
      hasEnded = true;
      lines.close();
      resolve();
    });
  });
  for await (const line of lines) {
    if (line.startsWith('/') && !line.startsWith('//')) await runCommand(session, line);
    else if (line !== '') write(session, line.replace(/^\/\//, '/'));
  }
  const unsent = session.conversations.flatMap(({ outbox }) => outbox);
  await Promise.race([ended, Promise.all(unsent.map((message) => message.sent()))]);
  if (hasEnded) throw new Failure(`your session has ended; messages not sent: ${session.unsentCount}`);
  client.close();
}

function write(session: ChatSession, text: string): void {
  if (session.open) session.send(text);
  else session.say('No conversation is open. /open NAME opens one.');
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
