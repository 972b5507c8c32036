import * as z from 'zod/mini';

/** Opaque: the `nextCursor` of the previous page. */
export const Cursor = z
  .string()
  .check(
    z.minLength(1),
    z.maxLength(512),
    z.regex(/^[A-Za-z0-9_-]+$/, { error: 'must be a nextCursor of the same list' }),
    z.meta({ description: 'The `nextCursor` of the previous page of the same list with the same query.' }),
  );

/** An integer in a query string. */
export function queryInt(min: number, max: number) {
  return z.coerce.number<string | number>().check(z.int(), z.minimum(min), z.maximum(max));
}

/** The number of rows on a page: `size` by default, `max` at most. */
export function pageLimit(size: number, max: number) {
  return z._default(queryInt(1, max), size);
}
