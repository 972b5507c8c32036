import * as z from 'zod/mini';

/** Opaque; comes from `nextCursor` of the page before. */
export const Cursor = z
  .string()
  .check(
    z.minLength(1),
    z.maxLength(512),
    z.regex(/^[A-Za-z0-9_-]+$/, { error: 'must be a nextCursor of the same list' }),
    z.meta({ description: 'The `nextCursor` of the page before, of the same list with the same query.' }),
  );

/** A whole number in a query string. */
export function queryInt(min: number, max: number) {
  return z.coerce.number<string | number>().check(z.int(), z.minimum(min), z.maximum(max));
}

/** How many rows a page has: `size` unless asked for, never more than `max`. */
export function pageLimit(size: number, max: number) {
  return z._default(queryInt(1, max), size);
}
