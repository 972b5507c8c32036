import type { MessageTrace } from '@parley/server';

/** The columns of one line: a label and its values. */
type Line = string[];

/** The lines of a trace: one for each hop, in order, each with its time. */
export function linesOf(message: string, trace: MessageTrace): Line[] {
  const { command, traceId, readers, furtherReaders } = trace;
  return [
    ['message', command ? `${command.commandId} from ${command.senderId} in ${command.conversationId}` : message],
    ...(traceId === null ? [] : [['trace', traceId]]),
    ...logLines(trace),
    ...endLines(trace),
    ...decidedLines(trace),
    ...copyLines(trace),
    ...readers.map(({ userId, readSeq }) => {
      const hasRead = readSeq >= (trace.decided?.entry.seq ?? Number.POSITIVE_INFINITY);
      return hasRead ? ['read', `by ${userId}`] : ['not read', `by ${userId}, who is at ${readSeq}`];
    }),
    ...(furtherReaders > 0 ? [['further members', String(furtherReaders)]] : []),
  ];
}

function logLines({ log }: MessageTrace): Line[] {
  if (log === null) return [];
  const { topic, partition, offset, atMs, waiting } = log;
  const line = ['in the log', time(atMs), `topic ${topic}, partition ${partition}, offset ${offset}`];
  if (waiting === null) return [line];
  const { before, distributors } = waiting;
  const running = distributors === 0 ? 'no distributor runs' : `distributors that run: ${distributors}`;
  return [line, ['waiting', `${before} before it; ${running}`]];
}

/** Why the command became no entry. */
function endLines({ log, setAside, refusal, decided, command }: MessageTrace): Line[] {
  if (setAside) return [['set aside', time(setAside.atMs), setAside.reason]];
  if (refusal) return [['refused', time(refusal.atMs), `${refusal.code}: ${refusal.detail}`]];
  if (decided || log?.waiting !== null || command === null) return [];
  return [['taken', 'and no entry was made: it was refused, and its outcome was deleted with the mailbox']];
}

function decidedLines({ decided }: MessageTrace): Line[] {
  if (!decided) return [];
  const { entry, location } = decided;
  const where = location ? `, shard ${location.shard} on PostgreSQL server ${location.server}` : '';
  return [['decided', time(entry.atMs), `entry ${entry.seq} of ${entry.conversationId}${where}`]];
}

function copyLines({ decided, copies }: MessageTrace): Line[] {
  if (!decided?.location) return [];
  if (copies.length === 0)
    return [['in no mailbox', 'no recipient was online, or the mailboxes no longer have the copies']];
  return copies.flatMap(({ serverId, topic, offset, atMs, recipients, taken }) => [
    ['in the mailbox', time(atMs), `of server ${serverId}: topic ${topic}, offset ${offset}, for ${recipients} people`],
    [taken ? 'taken out' : 'not taken out', `by server ${serverId}`],
  ]);
}

function time(atMs: number): string {
  return new Date(atMs).toISOString();
}
