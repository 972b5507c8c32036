/** What a client does after a close: the code's hundreds decide, so that a client also knows codes yet to come. */
export type AfterClose = 'reconnect' | 'reconnect-later' | 'stop';

/**
 * The numbers alone, for clients, which carry no prose.
 * 4000–4099: reconnect at once. 4100–4199: reconnect after the delay that was announced, or with back-off.
 * 4200–4299: do not reconnect before something changed. Anything else (1001, 1006 …): reconnect with back-off.
 */
export const closeNumbers = {
  resync: 4000,
  leaseLost: 4001,
  silent: 4002,
  goaway: 4100,
  overloaded: 4101,
  tooManyConnections: 4102,
  internal: 4103,
  unavailable: 4104,
  flooding: 4105,
  unauthenticated: 4200,
  revoked: 4201,
  helloExpected: 4202,
  protocolError: 4203,
} as const;

export type CloseReason = keyof typeof closeNumbers;

interface CloseDefinition {
  code: number;
  meaning: string;
}

/** Every code with its meaning. */
export const closeCodes: Readonly<Record<CloseReason, CloseDefinition>> = /* @__PURE__ */ withNumbers({
  resync: 'You fell behind what was sent to you. Connect again and catch up.',
  leaseLost: 'This server was cut off from the others for a while. Connect again.',
  silent: 'Nothing was heard from you for longer than the heartbeat allows.',
  goaway: 'The server is going away. Come back after the delay of the `goaway` frame.',
  overloaded: 'The server has as many connections as it can serve. Come back with back-off.',
  tooManyConnections: 'Too many connections from your address. Come back with back-off.',
  internal: 'A fault of the server. Come back with back-off.',
  unavailable: 'A service that the server needs is away. Come back with back-off.',
  flooding: 'You kept sending more frames than the server handles for one connection. Come back with back-off.',
  unauthenticated: 'The token is not valid. Log in again.',
  revoked: 'The session was revoked while you were connected. Log in again.',
  helloExpected: 'The first frame was not a `hello`, or none came in time.',
  protocolError: 'A frame broke the protocol: binary, not JSON, too deep or of too many members, or a second `hello`.',
});

function withNumbers(meanings: Record<CloseReason, string>): Record<CloseReason, CloseDefinition> {
  const reasons = Object.keys(closeNumbers) as CloseReason[];
  return Object.fromEntries(
    reasons.map((reason) => [reason, { code: closeNumbers[reason], meaning: meanings[reason] }]),
  ) as Record<CloseReason, CloseDefinition>;
}

/** How to go on after a socket closed with `code`. */
export function afterClose(code: number): AfterClose {
  if (code >= 4000 && code < 4100) return 'reconnect';
  if (code >= 4200 && code < 4300) return 'stop';
  return 'reconnect-later';
}
