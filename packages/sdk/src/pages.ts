import type { InputOf, OperationId, ResponseOf } from '@parley/protocol';
import type { HttpApi } from './http.ts';

/** The operations that return pages. */
export type PagedOperation = {
  [Id in OperationId]: InputOf<Id> extends { cursor?: string | undefined }
    ? 'cursor' extends keyof InputOf<Id>
      ? Id
      : never
    : never;
}[OperationId];

/** Iterates over all pages of an operation. Each page is requested when the loop reaches it. */
export async function* pagesOf<Id extends PagedOperation>(
  caller: Pick<HttpApi, 'call'>,
  id: Id,
  input: InputOf<Id>,
): AsyncGenerator<ResponseOf<Id>, void, undefined> {
  let given = input;
  for (;;) {
    const page = await caller.call(id, given);
    yield page;
    // All of these operations return it, which the compiler cannot infer for a type parameter.
    const { nextCursor } = page as { nextCursor: string | null };
    if (nextCursor === null) return;
    given = { ...input, cursor: nextCursor };
  }
}
