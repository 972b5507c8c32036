import * as z from 'zod/mini';

/** Every code, apart from what is said about it: a client needs the codes alone, and carries no prose. */
export const errorCodes = [
  'invalid_request',
  'invalid_json',
  'too_large',
  'unsupported_media_type',
  'unauthenticated',
  'wrong_credentials',
  'forbidden',
  'origin_not_allowed',
  'announce_only',
  'signup_closed',
  'invalid_invitation',
  'first_account_link_needed',
  'not_found',
  'method_not_allowed',
  'username_taken',
  'client_message_id_reused',
  'client_request_id_reused',
  'already_member',
  'last_owner',
  'last_administrator',
  'conversation_full',
  'not_for_direct',
  'feature_not_enabled',
  'rate_limited',
  'overloaded',
  'unavailable',
  'internal',
] as const;

export const ErrorCode = z.enum(errorCodes);
export type ErrorCode = (typeof errorCodes)[number];

interface ErrorDefinition {
  /** The HTTP status of an answer with this code. */
  status: number;
  meaning: string;
  /** What whoever gets it should do. */
  remedy: string;
}

/** Every error that Parley answers with, over HTTP and over the socket. */
export const errors = {
  invalid_request: {
    status: 400,
    meaning: 'The request or frame does not have the form that the reference gives; `errors` names field and rule.',
    remedy: 'Correct the named field. The same request will always be refused.',
  },
  invalid_json: {
    status: 400,
    meaning: 'The body or frame is not JSON in well-formed UTF-8, or nests too deep.',
    remedy: 'Send one JSON object in UTF-8.',
  },
  too_large: {
    status: 413,
    meaning: 'The body is larger than the limit.',
    remedy: 'Send less at once; the limit is in the answer.',
  },
  unsupported_media_type: {
    status: 415,
    meaning: 'The body does not say that it is JSON.',
    remedy: 'Send the header `Content-Type: application/json`.',
  },
  unauthenticated: {
    status: 401,
    meaning: 'No valid session token came with the request; it may have been revoked.',
    remedy: 'Log in again.',
  },
  wrong_credentials: {
    status: 401,
    meaning: 'Username and password do not belong together, or the account is disabled.',
    remedy: 'Ask the person again.',
  },
  forbidden: {
    status: 403,
    meaning: 'Your role does not allow this.',
    remedy: 'Ask an owner or an administrator.',
  },
  origin_not_allowed: {
    status: 403,
    meaning: 'The request comes from a web page of another origin.',
    remedy: 'The operator names origins that may use the API with `--allowed-origins`.',
  },
  announce_only: {
    status: 403,
    meaning: 'Only owners and admins may write in this conversation.',
    remedy: 'Do not offer writing here.',
  },
  signup_closed: {
    status: 403,
    meaning: 'This server takes no sign-ups, or none without an invitation.',
    remedy: 'Ask its administrator for an invitation.',
  },
  invalid_invitation: {
    status: 403,
    meaning: 'The invitation is unknown, used up or expired.',
    remedy: 'Ask for a new one.',
  },
  first_account_link_needed: {
    status: 403,
    meaning: 'The server has no account yet. The first one administers it, and needs the link that its operator has.',
    remedy: 'Open the link that the server printed when it started, or sign up at the machine itself.',
  },
  not_found: {
    status: 404,
    meaning: 'There is no such thing, or none that you may know of.',
    remedy: 'Drop it from what you show.',
  },
  method_not_allowed: {
    status: 405,
    meaning: 'The path exists, but not with this method.',
    remedy: 'Use a method of the reference.',
  },
  username_taken: {
    status: 409,
    meaning: 'Somebody has this username, in this or another case.',
    remedy: 'Ask for another.',
  },
  client_message_id_reused: {
    status: 409,
    meaning: 'A message with this client message id and another text is there already.',
    remedy: 'Use a new client message id for each new message.',
  },
  client_request_id_reused: {
    status: 409,
    meaning: 'You made a conversation of another kind or name under this client request id.',
    remedy: 'Make a new id for each conversation; repeat it only with the same kind and name.',
  },
  already_member: {
    status: 409,
    meaning: 'Everybody named is a member already.',
    remedy: 'Nothing; refresh what you show.',
  },
  last_owner: {
    status: 409,
    meaning: 'The conversation would be left without an owner.',
    remedy: 'Make another member owner first.',
  },
  last_administrator: {
    status: 409,
    meaning: 'The server would be left without an administrator who is not disabled.',
    remedy: 'Make another administrator first.',
  },
  conversation_full: {
    status: 409,
    meaning: 'The conversation has as many members as it may have.',
    remedy: 'Remove members first, or use another conversation.',
  },
  not_for_direct: {
    status: 409,
    meaning: 'Direct conversations have no name, no roles and always the same two people.',
    remedy: 'Create a group.',
  },
  feature_not_enabled: {
    status: 409,
    meaning: 'The servers are being upgraded, and what this asks for is not enabled yet. Nothing was done.',
    remedy: 'Offer it when `features` of `welcome` or `pong` names it. The operator enables it after the upgrade.',
  },
  rate_limited: {
    status: 429,
    meaning: 'Too many of these from this address, account or conversation.',
    remedy: 'Wait for `retryAfterMs` (`Retry-After`), then try again.',
  },
  overloaded: {
    status: 503,
    meaning: 'The server has more to do than it can do in time. Nothing was done.',
    remedy: 'Wait for `retryAfterMs`, then try again with the same ids.',
  },
  unavailable: {
    status: 503,
    meaning: 'The server is starting, draining, or misses a service. The request may or may not have been done.',
    remedy: 'Wait for `retryAfterMs`, then try again with the same ids.',
  },
  internal: {
    status: 500,
    meaning: 'A fault of the server; it is in its log under the `instance` of this answer.',
    remedy: 'Try again once with the same ids, then report it.',
  },
} as const satisfies Record<ErrorCode, ErrorDefinition>;

const FieldError = z.object({
  /** A JSON Pointer (RFC 6901) into the request. */
  field: z.string(),
  rule: z.string(),
});
export type FieldError = z.infer<typeof FieldError>;

/** RFC 9457 problem details. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.optional(z.string()),
    code: ErrorCode,
    errors: z.optional(z.array(FieldError)),
    retryAfterMs: z.optional(z.int()),
  })
  .register(z.globalRegistry, { id: 'Problem', description: 'An error, as RFC 9457 problem details.' });
export type Problem = z.infer<typeof Problem>;
