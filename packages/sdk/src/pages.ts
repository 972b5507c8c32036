import type { InputOf, OperationId, ResponseOf } from '@parley/protocol';

/** The operations that answer by pages. */
export type PagedOperation = {
  [Id in OperationId]: InputOf<Id> extends { cursor?: string | undefined }
    ? 'cursor' extends keyof InputOf<Id>
      ? Id
      : never
    : never;
}[OperationId];

/** A client, or whatever else calls operations. */
interface Caller {
  call<Id extends OperationId>(id: Id, input: InputOf<Id>): Promise<ResponseOf<Id>>;
}

/** Every page of an operation that answers by pages, to the last; the next is asked for when it is taken. */
export async function* pagesOf<Id extends PagedOperation>(
  caller: Caller,
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
