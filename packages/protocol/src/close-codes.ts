/** What a client does after a close. The hundreds of the code decide, so that clients can handle future codes. */
export type AfterClose = 'reconnect' | 'reconnect-later' | 'stop';

interface CloseDefinition {
  code: number;
  meaning: string;
}

/**
 * 4000–4099: reconnect at once. 4100–4199: reconnect after the announced delay or with backoff. 4200–4299: do not
 * reconnect until the cause is removed, except after 4202, with which older servers close when `hello` is late: reconnect
 * with backoff. Anything else (1001, 1006 …): reconnect with backoff.
 */
export const closeCodes = {
  resync: { code: 4000, meaning: 'The client did not keep up with the frames sent to it. Reconnect and catch up.' },
  leaseLost: { code: 4001, meaning: 'This server lost contact with the others for a while. Reconnect.' },
  silent: {
    code: 4002,
    meaning: 'The client sent nothing for longer than the heartbeat timeout, or no `hello` in time.',
  },
  goaway: { code: 4100, meaning: 'The server is shutting down. Reconnect after the delay of the `goaway` frame.' },
  overloaded: { code: 4101, meaning: 'The server has reached its limit of connections. Reconnect with backoff.' },
  tooManyConnections: { code: 4102, meaning: 'Too many connections from this address. Reconnect with backoff.' },
  internal: { code: 4103, meaning: 'An internal error of the server. Reconnect with backoff.' },
  unavailable: { code: 4104, meaning: 'A service that the server needs is unavailable. Reconnect with backoff.' },
  flooding: {
    code: 4105,
    meaning: 'The client kept sending more frames than the server accepts per connection. Reconnect with backoff.',
  },
  unauthenticated: { code: 4200, meaning: 'The token is not valid. Log in again.' },
  revoked: { code: 4201, meaning: 'The session was revoked during the connection. Log in again.' },
  helloExpected: {
    code: 4202,
    meaning: 'The first frame was not a valid `hello`. Older servers: or none arrived in time. Reconnect with backoff.',
  },
  protocolError: {
    code: 4203,
    meaning: 'A frame violated the protocol: binary, not JSON, nested too deep, too many values, or a second `hello`.',
  },
} as const satisfies Record<string, CloseDefinition>;

export type CloseReason = keyof typeof closeCodes;

/** The codes that clients use. Separate from {@link closeCodes}, so that clients do not contain the meanings. */
export const clientCloseCodes = {
  silent: 4002,
  internal: 4103,
  unauthenticated: 4200,
  revoked: 4201,
  helloExpected: 4202,
} as const satisfies { [Reason in CloseReason]?: (typeof closeCodes)[Reason]['code'] };

/** What a client does after a socket closed with `code`. */
export function afterClose(code: number): AfterClose {
  if (code >= 4000 && code < 4100) return 'reconnect';
  if (code >= 4200 && code < 4300 && code !== clientCloseCodes.helloExpected) return 'stop';
  return 'reconnect-later';
}
