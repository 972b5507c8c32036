import * as z from 'zod/mini';
import type { CommandRecord } from '../../distribution/command-log-port.ts';
import { type TraceParent, traceHeader } from '../../platform/tracing.ts';
import type { FetchedRecord } from './fetcher.ts';

/** What every command says; what else it says is for the rule, which sets aside what it can't decide. */
const recordSchema = z.object({
  command: z.looseObject({
    kind: z.enum(['send', 'open_direct', 'create', 'join', 'leave', 'add', 'remove', 'set_role', 'update']),
    conversationId: z.string(),
    actorId: z.string(),
    commandId: z.string(),
  }),
  replyTo: z.object({ serverId: z.string(), requestId: z.string() }),
});

/** A command as a record's bytes and headers: its trace is where every program of OpenTelemetry looks for it. */
export function formatRecord({ trace, ...record }: CommandRecord): { value: string; headers?: Record<string, string> } {
  return { value: JSON.stringify(record), ...traceHeaders(trace) };
}

/** The command in a record; null when there is none. */
export function parseRecord({ value, headers }: Pick<FetchedRecord, 'value' | 'headers'>): CommandRecord | null {
  let content: unknown;
  try {
    content = JSON.parse(value.toString());
  } catch {
    return null;
  }
  const parsed = recordSchema.safeParse(content);
  if (!parsed.success) return null;
  const trace = headerOf(headers, traceHeader);
  return { ...(parsed.data as unknown as CommandRecord), ...(trace !== undefined && { trace }) };
}

export function traceHeaders(trace: TraceParent | undefined): { headers?: Record<string, string> } {
  return trace === undefined ? {} : { headers: { [traceHeader]: trace } };
}

export function headerOf(headers: FetchedRecord['headers'], name: string): string | undefined {
  return headers.find(([key]) => key?.toString() === name)?.[1]?.toString();
}
