// Floods of an attacker, whose processes `attacker.ts` runs.
import { limits } from '@parley/protocol';
import { clientFrame, opcodes, upgradeRequest } from '../net/websocket.ts';

/** An attack writes `open` to each connection, then `chunk` repeatedly, as long as the connection accepts it. */
export interface Attack {
  connections: number;
  open(token: string): Uint8Array;
  chunk(token: string): Uint8Array;
}

const nothing = () => new Uint8Array(0);
const bytes = (text: string) => Buffer.from(text);
const request = (line: string, headers = '', body = '') => `${line} HTTP/1.1\r\nHost: parley\r\n${headers}\r\n${body}`;
const post = (path: string, body: string) =>
  request(`POST ${path}`, `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`, body);
const authorised = (token: string) =>
  bytes(request('GET /v1/account', `Authorization: Bearer ${token}\r\n`).repeat(100));
const hello = (token: string) => Buffer.concat([upgradeRequest, clientFrame(JSON.stringify({ type: 'hello', token }))]);
const repeated = (frame: Uint8Array, times: number) => Buffer.concat(Array<Uint8Array>(times).fill(frame));
const ping = clientFrame('{"type":"ping","id":"1"}');
const manyKeys = JSON.stringify(Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, n])));
const largeBody = JSON.stringify({ username: 'x'.repeat(200_000), password: 'x' });

const userIds = Array.from({ length: limits.watchedUsers }, () => crypto.randomUUID());
const watch = JSON.stringify({ type: 'watch', id: '1', userIds });

export const attacks: Record<string, Attack> = {
  'unknown path': { connections: 1, open: nothing, chunk: () => bytes(request('GET /v1/nothing').repeat(500)) },
  'limited path': { connections: 1, open: nothing, chunk: authorised },
  'invalid frame': {
    connections: 1,
    open: hello,
    chunk: () => repeated(clientFrame('{"type":"shout","id":"1"}'), 500),
  },
  'oversized object': { connections: 1, open: hello, chunk: () => clientFrame(manyKeys) },
  'limited frame': { connections: 1, open: hello, chunk: () => repeated(ping, 500) },
  'large bodies': { connections: 10, open: nothing, chunk: () => bytes(post('/v1/login', largeBody)) },
  'many connections': { connections: 200, open: nothing, chunk: () => bytes(request('GET /v1/nothing')) },
  'control frames': { connections: 1, open: hello, chunk: () => repeated(clientFrame('', opcodes.ping), 500) },
  'costly frames': { connections: 10, open: hello, chunk: () => repeated(clientFrame(watch), 2) },
  'many sockets': { connections: 50, open: hello, chunk: () => repeated(ping, 50) },
};
