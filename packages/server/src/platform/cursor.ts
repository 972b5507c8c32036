import * as z from 'zod/mini';
import { Refusal } from './failures.ts';

/** A text in a cursor. A store can hold it: PostgreSQL refuses U+0000. */
export const cursorText = z.string().check(z.refine((text) => text.isWellFormed() && !text.includes('\0')));
/** A number in a cursor, such as a time or the number of an entry. */
export const cursorNumber = z.int().check(z.nonnegative());

/** An opaque cursor that stands for `position`. */
export function encodeCursor(position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** The position that a cursor stands for, of the form `schema`. Throws {@link Refusal} `invalid_request`. */
export function decodeCursor<Position>(cursor: string, schema: z.ZodMiniType<Position>): Position {
  const parsed = schema.safeParse(parsedJson(Buffer.from(cursor, 'base64url').toString()));
  if (parsed.success) return parsed.data;
  const rule = 'must be a nextCursor of the same list';
  throw new Refusal('invalid_request', `/cursor ${rule}`, { errors: [{ field: '/cursor', rule }] });
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
