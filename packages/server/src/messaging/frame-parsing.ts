import { ClientFrame, clientFrames, RequestId } from '@parley/protocol';
import { BadJson, parseBoundedJson } from '../platform/bounded-json.ts';
import { compiledCheck } from '../platform/compiled-check.ts';
import { fieldErrors } from '../platform/validation.ts';

/** A valid frame, or the answer to an invalid one. */
export type ParsedFrame =
  | { kind: 'frame'; frame: ClientFrame }
  /** Breaks the protocol: the connection is closed. */
  | { kind: 'violation'; message: string }
  /** A request whose fields break a rule: it is refused, the connection goes on. */
  | { kind: 'invalid'; id: string | undefined; field: string; rule: string };

/** The frames that clients send most. Almost all of them are valid, which a compiled check finds out in less time. */
const checks = new Map<unknown, (frame: object) => boolean>([
  ['send', compiledCheck(clientFrames.send)],
  ['read', compiledCheck(clientFrames.read)],
  ['typing', compiledCheck(clientFrames.typing)],
]);

/** Whether the schema of the frame accepts it and returns it unchanged. If not, only the schema knows what is wrong. */
export function isPlainlyValid(value: unknown): value is ClientFrame {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false;
  return checks.get(value.type)?.(value) ?? false;
}

export function parseFrame(data: string | Uint8Array): ParsedFrame {
  if (typeof data !== 'string') return { kind: 'violation', message: 'binary frames are not part of the protocol' };
  let value: unknown;
  try {
    value = parseBoundedJson(data);
  } catch (error) {
    if (!(error instanceof BadJson)) throw error;
    return { kind: 'violation', message: `the frame is ${error.message}` };
  }
  if (isPlainlyValid(value)) return { kind: 'frame', frame: value };
  const parsed = ClientFrame.safeParse(value);
  if (parsed.success) return { kind: 'frame', frame: parsed.data };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { kind: 'violation', message: 'the frame is not a JSON object' };
  }
  const [first] = fieldErrors(parsed.error.issues);
  if (!first) throw new Error('a frame was refused without a reason');
  return { kind: 'invalid', id: requestId(value), ...first };
}

/** The id to answer under; an invalid id is not repeated. */
function requestId(frame: object): string | undefined {
  return RequestId.safeParse('id' in frame ? frame.id : undefined).data;
}
