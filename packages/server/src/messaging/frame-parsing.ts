import { ClientFrame } from '@parley/protocol';
import type * as z from 'zod/mini';

/** A frame that was understood, or what to answer to one that wasn't. */
export type ParsedFrame =
  | { kind: 'frame'; frame: ClientFrame }
  /** Breaks the protocol: the connection is closed. */
  | { kind: 'violation'; message: string }
  /** A request whose fields break a rule: it is refused, the connection goes on. */
  | { kind: 'invalid'; id: string | undefined; field: string; rule: string };

export function parseFrame(data: string | Uint8Array): ParsedFrame {
  if (typeof data !== 'string') return { kind: 'violation', message: 'binary frames are not part of the protocol' };
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return { kind: 'violation', message: 'the frame is not JSON' };
  }
  const parsed = ClientFrame.safeParse(value);
  if (parsed.success) return { kind: 'frame', frame: parsed.data };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { kind: 'violation', message: 'the frame is not a JSON object' };
  }
  return { kind: 'invalid', id: requestId(value), ...firstIssue(parsed.error) };
}

function requestId(value: object): string | undefined {
  return 'id' in value && typeof value.id === 'string' ? value.id.slice(0, 64) : undefined;
}

function firstIssue(error: z.core.$ZodError): { field: string; rule: string } {
  const issue = error.issues[0];
  if (!issue) throw new Error('a frame was refused without a reason');
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]] : issue.path;
  const field = path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  const rule = issue.code === 'unrecognized_keys' ? 'is not a field of this frame' : issue.message;
  return { field: field || '/', rule };
}
