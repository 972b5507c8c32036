import * as z from 'zod/mini';

/** All codes. Separate from {@link errors}, so that clients do not contain the texts. */
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
  'banned',
  'signup_closed',
  'invalid_invitation',
  'first_account_link_needed',
  'not_found',
  'message_not_found',
  'method_not_allowed',
  'username_taken',
  'client_message_id_reused',
  'client_request_id_reused',
  'amendment_id_reused',
  'not_a_message',
  'message_deleted',
  'edit_window_over',
  'too_many_reactions',
  'too_many_pins',
  'already_member',
  'user_banned',
  'last_owner',
  'last_administrator',
  'conversation_full',
  'too_many_bans',
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
  /** The HTTP status of a response with this code. */
  status: number;
  meaning: string;
  /** What the caller should do. */
  remedy: string;
}

/** All errors of the HTTP API and the socket. */
export const errors = {
  invalid_request: {
    status: 400,
    meaning: 'The request or frame does not match the reference. `errors` names the field and the rule.',
    remedy: 'Correct the named field. The same request will always be rejected.',
  },
  invalid_json: {
    status: 400,
    meaning: 'The body or frame is not JSON in well-formed UTF-8, or is nested too deep.',
    remedy: 'Send one JSON object in UTF-8.',
  },
  too_large: {
    status: 413,
    meaning: 'The body is larger than the limit.',
    remedy: 'Send less at once. The response contains the limit.',
  },
  unsupported_media_type: {
    status: 415,
    meaning: 'The request does not declare its body as JSON.',
    remedy: 'Send the header `Content-Type: application/json`.',
  },
  unauthenticated: {
    status: 401,
    meaning: 'The request has no valid session token. The session may have been revoked.',
    remedy: 'Log in again.',
  },
  wrong_credentials: {
    status: 401,
    meaning: 'The username or password is wrong, or the account is disabled.',
    remedy: 'Ask the user again.',
  },
  forbidden: {
    status: 403,
    meaning: 'Your role does not allow this.',
    remedy: 'Ask an owner or an administrator.',
  },
  origin_not_allowed: {
    status: 403,
    meaning: 'The request comes from a web page of another origin.',
    remedy: 'The operator allows origins with `--allowed-origins`.',
  },
  announce_only: {
    status: 403,
    meaning: 'Only owners and admins may write in this conversation.',
    remedy: 'Do not offer writing in this conversation.',
  },
  banned: {
    status: 403,
    meaning: 'You are banned from this channel.',
    remedy: 'Do not offer joining again. An owner or admin of the channel can lift the ban.',
  },
  signup_closed: {
    status: 403,
    meaning: 'This server does not accept sign-ups, or only with an invitation.',
    remedy: 'Ask the administrator of the server for an invitation.',
  },
  invalid_invitation: {
    status: 403,
    meaning: 'The invitation is unknown, used up or expired.',
    remedy: 'Ask for a new one.',
  },
  first_account_link_needed: {
    status: 403,
    meaning:
      'The server has no account yet. Creating the first one, its administrator, requires the link that the operator has.',
    remedy: 'Open the link that the server printed when it started, or sign up on the machine itself.',
  },
  not_found: {
    status: 404,
    meaning: 'The object does not exist, or you may not see it.',
    remedy: 'Remove it from what you show.',
  },
  message_not_found: {
    status: 404,
    meaning: 'The conversation has no entry with this number, or you may not read it.',
    remedy: 'Remove it from what you show.',
  },
  method_not_allowed: {
    status: 405,
    meaning: 'The path exists, but not with this method.',
    remedy: 'Use a method that the reference lists.',
  },
  username_taken: {
    status: 409,
    meaning: 'The username is taken. Case does not matter.',
    remedy: 'Choose another username.',
  },
  client_message_id_reused: {
    status: 409,
    meaning: 'A message with this client message id and another text already exists.',
    remedy: 'Use a new client message id for each new message.',
  },
  client_request_id_reused: {
    status: 409,
    meaning: 'You created a conversation of another kind or name with this client request id.',
    remedy: 'Use a new id for each conversation. Repeat an id only with the same kind and name.',
  },
  amendment_id_reused: {
    status: 409,
    meaning: 'You changed another message, or this one in another way, with this amendment id.',
    remedy: 'Use a new amendment id for each change.',
  },
  not_a_message: {
    status: 409,
    meaning: 'The entry is a notice. Only messages can be changed, pinned or replied to.',
    remedy: 'Offer these actions on messages alone.',
  },
  message_deleted: {
    status: 409,
    meaning: 'The message was deleted.',
    remedy: 'Show it as deleted.',
  },
  edit_window_over: {
    status: 403,
    meaning: 'The time in which the message could be edited is over. An administrator of the server sets it.',
    remedy: 'Send another message.',
  },
  too_many_reactions: {
    status: 409,
    meaning: 'The message has as many different reactions as it can have.',
    remedy: 'Offer the reactions that it has.',
  },
  too_many_pins: {
    status: 409,
    meaning: 'The conversation has as many pinned messages as it can have.',
    remedy: 'Unpin another message first.',
  },
  already_member: {
    status: 409,
    meaning: 'All given users are already members.',
    remedy: 'None; refresh what you show.',
  },
  user_banned: {
    status: 409,
    meaning: 'A user to be added is banned from this conversation. Nobody was added.',
    remedy: 'Lift the ban first, or leave the user out.',
  },
  last_owner: {
    status: 409,
    meaning: 'The conversation would be left without an owner.',
    remedy: 'Make another member owner first.',
  },
  last_administrator: {
    status: 409,
    meaning: 'The server would be left without an enabled administrator.',
    remedy: 'Make another administrator first.',
  },
  conversation_full: {
    status: 409,
    meaning: 'The conversation has reached its limit of members.',
    remedy: 'Remove members first, or use another conversation.',
  },
  too_many_bans: {
    status: 409,
    meaning: 'The conversation has reached its limit of banned users.',
    remedy: 'Lift bans that are no longer needed.',
  },
  not_for_direct: {
    status: 409,
    meaning: 'Direct conversations have no name and no roles, and their two members never change.',
    remedy: 'Create a group.',
  },
  feature_not_enabled: {
    status: 409,
    meaning: 'The servers are being upgraded, and this feature is not enabled yet. The request had no effect.',
    remedy: 'Offer it once `features` of `welcome` or `pong` names it. The operator enables it after the upgrade.',
  },
  rate_limited: {
    status: 429,
    meaning: 'Too many such requests from this address or account, or in this conversation.',
    remedy: 'Retry after `retryAfterMs` (`Retry-After`).',
  },
  overloaded: {
    status: 503,
    meaning: 'The server is overloaded. The request had no effect.',
    remedy: 'Retry after `retryAfterMs` with the same ids.',
  },
  unavailable: {
    status: 503,
    meaning: 'The server is starting, shutting down, or lacks a service. The request may have had an effect.',
    remedy: 'Retry after `retryAfterMs` with the same ids.',
  },
  internal: {
    status: 500,
    meaning: 'An internal error. The server logged it with the `instance` of this response.',
    remedy: 'Retry once with the same ids, then report the error.',
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
