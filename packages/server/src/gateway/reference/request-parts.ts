import type { Operation } from '@parley/protocol';

type Fields = Record<string, unknown>;

/** A client's input, split by where each field is sent. */
export interface RequestParts {
  params: Fields;
  query: Fields;
  body: Fields | undefined;
}

/** Path parameters, query and body never have a name in common, so the input can be split again. */
export function requestParts(operation: Operation, input: unknown): RequestParts {
  const fields = Object.entries(input ?? {});
  const those = (schema: Operation['body']): Fields =>
    Object.fromEntries(fields.filter(([name]) => schema !== undefined && Object.hasOwn(schema.shape, name)));
  return {
    params: those(operation.params),
    query: those(operation.query),
    body: operation.body ? those(operation.body) : undefined,
  };
}
