import type { InputOf, OperationId, ResponseOf } from '@parley/protocol';
import type { HttpApi } from './http.ts';

/** The operations that answer by pages. */
export type PagedOperation = {
  [Id in OperationId]: InputOf<Id> extends { cursor?: string | undefined }
    ? 'cursor' extends keyof InputOf<Id>
      ? Id
      : never
    : never;
}[OperationId];

/** Every page of an operation that answers by pages, to the last; the next is asked for when it is taken. */
export async function* pagesOf<Id extends PagedOperation>(
  caller: Pick<HttpApi, 'call'>,
  id: Id,
  input: InputOf<Id>,
): AsyncGenerator<ResponseOf<Id>, void, undefined> {
  let given = input;
  for (;;) {
    const page = await caller.call(id, given);
    yield page;
    // All of these operations answer with it, which the compiler can't tell of a type parameter.
    const { nextCursor } = page as { nextCursor: string | null };
    if (nextCursor === null) return;
    given = { ...input, cursor: nextCursor };
  }
}
