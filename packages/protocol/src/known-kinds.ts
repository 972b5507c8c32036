import { type ErrorCode, errorCodes } from './errors.ts';
import { Entry } from './model.ts';

const entryKinds: ReadonlySet<unknown> = new Set(Entry.def.options.map((option) => option.shape.kind.def.values[0]));
const codes: ReadonlySet<unknown> = new Set(errorCodes);

/**
 * What a server answered or sent, before it is validated, in kinds that this version knows: so that a client goes on
 * beside a newer server. An entry of another kind becomes a `later` one, since its number counts (contract 3). An error
 * of another code becomes `unavailable` when it says when to try again, and `internal` otherwise; its text stays.
 */
export function toKnownKinds(answer: unknown): unknown {
  if (!isObject(answer)) return answer;
  const { entry, entries, code } = answer;
  if (isObject(entry)) return { ...answer, entry: knownEntry(entry) };
  if (Array.isArray(entries)) return { ...answer, entries: entries.map(knownEntry) };
  if (typeof code === 'string' && !codes.has(code)) return { ...answer, code: knownCode(answer) };
  return answer;
}

function knownEntry(entry: unknown): unknown {
  return isObject(entry) && typeof entry.kind === 'string' && !entryKinds.has(entry.kind)
    ? { ...entry, kind: 'later' }
    : entry;
}

function knownCode(error: Answer): ErrorCode {
  return typeof error.retryAfterMs === 'number' ? 'unavailable' : 'internal';
}

/** An object of a server's, of which nothing is known yet. */
interface Answer {
  entry?: unknown;
  entries?: unknown;
  kind?: unknown;
  code?: unknown;
  retryAfterMs?: unknown;
}

function isObject(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null;
}
