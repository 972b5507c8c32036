/** What a client does after a close: the code's hundreds decide, so that a client also knows codes yet to come. */
export type AfterClose = 'reconnect' | 'reconnect-later' | 'stop';

interface CloseDefinition {
  code: number;
  meaning: string;
}

/**
 * 4000–4099: reconnect at once. 4100–4199: reconnect after the delay that was announced, or with back-off.
 * 4200–4299: do not reconnect before something changed. Anything else (1001, 1006 …): reconnect with back-off.
 */
export const closeCodes = {
  resync: { code: 4000, meaning: 'You fell behind what was sent to you. Connect again and catch up.' },
  leaseLost: { code: 4001, meaning: 'This server was cut off from the others for a while. Connect again.' },
  silent: { code: 4002, meaning: 'Nothing was heard from you for longer than the heartbeat allows.' },
  goaway: { code: 4100, meaning: 'The server is going away. Come back after the delay of the `goaway` frame.' },
  overloaded: { code: 4101, meaning: 'The server has as many connections as it can serve. Come back with back-off.' },
  tooManyConnections: { code: 4102, meaning: 'Too many connections from your address. Come back with back-off.' },
  internal: { code: 4103, meaning: 'A fault of the server. Come back with back-off.' },
  unavailable: { code: 4104, meaning: 'A service that the server needs is away. Come back with back-off.' },
  flooding: {
    code: 4105,
    meaning: 'You kept sending more frames than the server handles for one connection. Come back with back-off.',
  },
  unauthenticated: { code: 4200, meaning: 'The token is not valid. Log in again.' },
  revoked: { code: 4201, meaning: 'The session was revoked while you were connected. Log in again.' },
  helloExpected: { code: 4202, meaning: 'The first frame was not a `hello`, or none came in time.' },
  protocolError: {
    code: 4203,
    meaning: 'A frame broke the protocol: binary, not JSON, too deep or of too many members, or a second `hello`.',
  },
} as const satisfies Record<string, CloseDefinition>;

export type CloseReason = keyof typeof closeCodes;

/** The codes that a client uses itself, apart from the others and the meanings, which it does not carry. */
export const clientCloseCodes = {
  silent: 4002,
  internal: 4103,
  unauthenticated: 4200,
  revoked: 4201,
} as const satisfies { [Reason in CloseReason]?: (typeof closeCodes)[Reason]['code'] };

/** How to go on after a socket closed with `code`. */
export function afterClose(code: number): AfterClose {
  if (code >= 4000 && code < 4100) return 'reconnect';
  if (code >= 4200 && code < 4300) return 'stop';
  return 'reconnect-later';
}
