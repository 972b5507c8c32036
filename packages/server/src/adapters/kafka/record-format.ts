import * as z from 'zod/mini';
import { readCommand } from '../../conversations/read-command.ts';
import type { CommandRecord, MalformedRecord } from '../../distribution/command-log-port.ts';
import { type TraceParent, traceHeader } from '../../platform/tracing.ts';
import type { FetchedRecord } from './fetcher.ts';

/** The result of reading a record of the log. */
export type ParsedRecord =
  | { kind: 'command'; record: CommandRecord }
  | { kind: 'later'; level: number }
  | { kind: 'malformed'; malformed: MalformedRecord };

/** The server's id is part of the name of a topic: Kafka refuses other names, each time that the batch comes again. */
const serverId = z.string().check(z.regex(/^[\w.-]{1,100}$/));
const replyTo = z.object({ serverId, requestId: z.string() });

/** Writes a command as the bytes and headers of a record, with the trace in OpenTelemetry's standard header. */
export function formatRecord({ trace, ...record }: CommandRecord): { value: string; headers?: Record<string, string> } {
  return { value: JSON.stringify(record), ...traceHeaders(trace) };
}

/** Reads a record, which another version may have written. */
export function parseRecord({ value, headers }: Pick<FetchedRecord, 'value' | 'headers'>): ParsedRecord {
  let content: unknown;
  try {
    content = JSON.parse(value.toString());
  } catch {
    return malformed('it is not JSON');
  }
  const record = typeof content === 'object' && content !== null ? (content as Record<string, unknown>) : {};
  const read = readCommand(record['command']);
  if (read.kind === 'later') return read;
  const { data: waiting = null } = replyTo.safeParse(record['replyTo']);
  if (read.kind === 'malformed') return malformed(read.reason, waiting);
  if (waiting === null) return malformed('it does not name the server that waits for the outcome');
  const trace = headerOf(headers, traceHeader);
  return {
    kind: 'command',
    record: { command: read.command, replyTo: waiting, ...(trace !== undefined && { trace }) },
  };
}

function malformed(reason: string, waiting: CommandRecord['replyTo'] | null = null): ParsedRecord {
  return { kind: 'malformed', malformed: { reason, replyTo: waiting } };
}

export function traceHeaders(trace: TraceParent | undefined): { headers?: Record<string, string> } {
  return trace === undefined ? {} : { headers: { [traceHeader]: trace } };
}

export function headerOf(headers: FetchedRecord['headers'], name: string): string | undefined {
  return headers.find(([key]) => key?.toString() === name)?.[1]?.toString();
}
