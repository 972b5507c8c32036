import type * as z from 'zod/mini';
import type { ErrorCode } from './errors.ts';

/** Who may call: anybody, a session, or a session of one of the server's administrators. */
export type Access = 'public' | 'session' | 'administrator';

type Schema = z.core.$ZodType;
type ObjectSchema = z.ZodMiniObject;

/** One call of the HTTP API, complete: what validates, types and documents it. */
export interface Operation {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `{name}` for each of `params`. */
  path: `/v1/${string}`;
  tag: string;
  summary: string;
  description?: string;
  access: Access;
  params?: ObjectSchema;
  /** Query parameters arrive as strings; numbers and booleans are read from them. */
  query?: ObjectSchema;
  /** Request headers that the operation reads, beside those of every request; names in lower case. */
  headers?: ObjectSchema;
  body?: ObjectSchema;
  status: 200 | 201 | 204;
  /** Absent with status 204. */
  response?: Schema;
  /** What it can be refused with, beside the errors that every operation of its access shares. */
  errors: readonly ErrorCode[];
}

/** Keeps the literal types of one definition. */
export function operation<const Definition extends Operation>(definition: Definition): Definition {
  return definition;
}

/** The errors that can answer any operation, by who may call it. */
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

/** What a caller gives: path parameters, query and body in one object. Headers are the client's own matter. */
export type OperationInput<Definition extends Operation> = InputOf<Definition['params']> &
  InputOf<Definition['query']> &
  InputOf<Definition['body']>;

/** What a handler gets once the request was validated. */
export interface OperationRequest<Definition extends Operation> {
  params: ParsedOf<Definition['params']>;
  query: ParsedOf<Definition['query']>;
  headers: ParsedOf<Definition['headers']>;
  body: ParsedOf<Definition['body']>;
}

/** What it answers with; undefined for a 204. */
export type OperationResponse<Definition extends Operation> = Definition extends { response: infer S extends Schema }
  ? z.output<S>
  : undefined;
