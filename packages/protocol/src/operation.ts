import type * as z from 'zod/mini';
import type { ErrorCode } from './errors.ts';

/** Who may call an operation: anybody, a session, or a session of an administrator. */
export type Access = 'public' | 'session' | 'administrator';

type Schema = z.core.$ZodType;
type ObjectSchema = z.ZodMiniObject;

/** An operation of the HTTP API: its validation and types. `operationTexts` has its documentation. */
export interface Operation {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Contains `{name}` for each of `params`. */
  path: `/v1/${string}`;
  tag: string;
  access: Access;
  params?: ObjectSchema;
  /** Query parameters arrive as strings, from which numbers and booleans are parsed. */
  query?: ObjectSchema;
  /** Request headers specific to the operation, in lower case. */
  headers?: ObjectSchema;
  body?: ObjectSchema;
  status: 200 | 201 | 204;
  /** Absent with status 204. */
  response?: Schema;
  /** Errors in addition to {@link sharedErrors}. */
  errors: readonly ErrorCode[];
}

/** Preserves the literal types of a definition. */
export function operation<const Definition extends Operation>(definition: Definition): Definition {
  return definition;
}

/** The errors that every operation can return, by access. */
export const sharedErrors: Record<Access, readonly ErrorCode[]> = {
  public: [
    'invalid_request',
    'invalid_json',
    'too_large',
    'unsupported_media_type',
    'origin_not_allowed',
    'rate_limited',
    'overloaded',
    'unavailable',
    'internal',
  ],
  session: [
    'invalid_request',
    'invalid_json',
    'too_large',
    'unsupported_media_type',
    'origin_not_allowed',
    'unauthenticated',
    'rate_limited',
    'overloaded',
    'unavailable',
    'internal',
  ],
  administrator: [
    'invalid_request',
    'invalid_json',
    'too_large',
    'unsupported_media_type',
    'origin_not_allowed',
    'unauthenticated',
    'forbidden',
    'rate_limited',
    'overloaded',
    'unavailable',
    'internal',
  ],
};

type InputOf<S> = S extends Schema ? z.input<S> : unknown;
type ParsedOf<S> = S extends Schema ? z.output<S> : unknown;

/** The input of a call: path parameters, query and body in one object. The client sets the headers. */
export type OperationInput<Definition extends Operation> = InputOf<Definition['params']> &
  InputOf<Definition['query']> &
  InputOf<Definition['body']>;

/** The validated request that a handler receives. */
export interface OperationRequest<Definition extends Operation> {
  params: ParsedOf<Definition['params']>;
  query: ParsedOf<Definition['query']>;
  headers: ParsedOf<Definition['headers']>;
  body: ParsedOf<Definition['body']>;
}

/** The response; undefined for status 204. */
export type OperationResponse<Definition extends Operation> = Definition extends { response: infer S extends Schema }
  ? z.output<S>
  : undefined;
