// The effect of a flood on other users: one user sends five messages a second while an attacker of each kind floods the
// server from a process of its own. Prints the slowest acknowledgement with and without each attack (the median of
// several rounds), and how much the attacker wrote.
//   npx bun bench/attack.ts [--seconds 4] [--rounds 3] [--kinds unknown-path,limited-frame]
import { createConnection, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { limits, subprotocol } from '@parley/protocol';
import { type BenchPerson, machine, startBenchServer } from './bench-server.ts';
import { openSocket } from './socket.ts';

const sendIntervalMs = 200;

/** An attack writes `open` to each connection, then `chunk` repeatedly, as long as the connection accepts it. */
interface Attack {
  connections: number;
  open(attacker: BenchPerson): string | Buffer;
  chunk(attacker: BenchPerson): string | Buffer;
}

const request = (line: string, headers = '', body = '') => `${line} HTTP/1.1\r\nHost: parley\r\n${headers}\r\n${body}`;
const post = (path: string, body: string) =>
  request(`POST ${path}`, `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`, body);
const authorised = ({ token }: BenchPerson) =>
  request('GET /v1/account', `Authorization: Bearer ${token}\r\n`).repeat(100);
const upgrade = request(
  'GET /v1/socket',
  'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ${subprotocol}\r\n`,
);
const hello = ({ token }: BenchPerson) =>
  Buffer.concat([Buffer.from(upgrade), frame(`{"type":"hello","token":"${token}"}`)]);
const manyKeys = JSON.stringify(Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, n])));

const userIds = Array.from({ length: limits.watchedUsers }, () => crypto.randomUUID());
const watch = JSON.stringify({ type: 'watch', id: '1', userIds });

const attacks: Record<string, Attack> = {
  'unknown path': { connections: 1, open: () => '', chunk: () => request('GET /v1/nothing').repeat(500) },
  'limited path': { connections: 1, open: () => '', chunk: authorised },
  'invalid frame': { connections: 1, open: hello, chunk: () => repeated(frame('{"type":"shout","id":"1"}'), 500) },
  'oversized object': { connections: 1, open: hello, chunk: () => frame(manyKeys) },
  'limited frame': { connections: 1, open: hello, chunk: () => repeated(frame('{"type":"ping","id":"1"}'), 500) },
  'large bodies': {
    connections: 10,
    open: () => '',
    chunk: () => post('/v1/login', JSON.stringify({ username: 'x'.repeat(200_000), password: 'x' })),
  },
  'many connections': { connections: 200, open: () => '', chunk: () => request('GET /v1/nothing') },
  'control frames': { connections: 1, open: hello, chunk: () => repeated(frame('', 0x89), 500) },
  'costly frames': { connections: 10, open: hello, chunk: () => repeated(frame(watch), 2) },
  'many sockets': { connections: 50, open: hello, chunk: () => repeated(frame('{"type":"ping","id":"1"}'), 50) },
};

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    kinds: { type: 'string' },
    /** Used by this program itself to start the process of an attacker. */
    attack: { type: 'string' },
    url: { type: 'string', default: '' },
    token: { type: 'string', default: '' },
  },
});
if (values.attack === undefined) await measure();
else flood(attacks[values.attack] as Attack, values.url, { token: values.token, userId: '' });

async function measure(): Promise<void> {
  const seconds = Number(values.seconds);
  const kinds = values.kinds?.split(',').map((kind) => kind.replaceAll('-', ' ')) ?? Object.keys(attacks);
  const server = await startBenchServer(3, {}, 'on');
  const [sender, partner, attacker] = server.people as [BenchPerson, BenchPerson, BenchPerson];
  console.log(machine());
  const slowest = new Map<string, number[]>();
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const kind of ['alone', ...kinds]) {
      const cpuBefore = (await server.cpuSeconds()).get('server') ?? 0;
      const endAttack = kind === 'alone' ? async () => 'no attack' : attackFrom(kind, server.url, attacker);
      const slowestMs = await slowestAck(server.url, sender, partner, seconds);
      const report = await endAttack();
      const cores = (((await server.cpuSeconds()).get('server') ?? 0) - cpuBefore) / seconds;
      slowest.set(kind, [...(slowest.get(kind) ?? []), slowestMs]);
      console.log(`${kind}: slowest ${slowestMs.toFixed(1)} ms; server ${cores.toFixed(2)} cores; ${report}`);
      // The budgets refill before the next attack.
      await Bun.sleep(2_000);
    }
  }
  const aloneMs = median(slowest.get('alone') ?? []);
  console.log(`median of the slowest acknowledgements: alone ${aloneMs.toFixed(1)} ms`);
  for (const kind of kinds) {
    const underAttackMs = median(slowest.get(kind) ?? []);
    console.log(`  ${kind}: ${underAttackMs.toFixed(1)} ms, × ${(underAttackMs / aloneMs).toFixed(1)}`);
  }
  await server.stop();
}

/** Starts an attack in a process of its own. Returns a function that stops it and resolves to its report. */
function attackFrom(kind: string, url: string, { token }: BenchPerson): () => Promise<string> {
  const command = [process.execPath, import.meta.path, '--attack', kind, '--url', url, '--token', token];
  const child = Bun.spawn(command, { stdout: 'pipe', stderr: 'inherit' });
  return async () => {
    child.kill('SIGTERM');
    const report = (await new Response(child.stdout).text()).trim();
    await child.exited;
    return report;
  };
}

function median(figures: readonly number[]): number {
  return figures.toSorted((one, other) => one - other)[figures.length >> 1] ?? Number.NaN;
}

/** The slowest acknowledgement, in milliseconds, for a user who sends messages to another. */
async function slowestAck(url: string, sender: BenchPerson, partner: BenchPerson, seconds: number): Promise<number> {
  let slowestMs = 0;
  const sentMs = new Map<string, number>();
  const socket = await openSocket(url, sender, (text) => {
    const { type, id } = JSON.parse(text);
    const sent = sentMs.get(id);
    if (type !== 'ack' || sent === undefined) return;
    sentMs.delete(id);
    slowestMs = Math.max(slowestMs, performance.now() - sent);
  });
  const conversationId = await directChat(url, sender, partner);
  for (let n = 0; n < (seconds * 1_000) / sendIntervalMs; n++) {
    const id = crypto.randomUUID();
    sentMs.set(id, performance.now());
    socket.send(JSON.stringify({ type: 'send', id, conversationId, clientMessageId: id, text: 'hello' }));
    await Bun.sleep(sendIntervalMs);
  }
  for (let wait = 0; sentMs.size > 0 && wait < 300; wait++) await Bun.sleep(100);
  if (sentMs.size > 0) throw new Error(`${sentMs.size} messages were not acknowledged within 30 s`);
  socket.onclose = null;
  socket.close();
  return slowestMs;
}

async function directChat(url: string, { token }: BenchPerson, { userId }: BenchPerson): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  for (let attempt = 0; attempt < 50; attempt++) {
    const answer = await fetch(`${url}/v1/direct`, { method: 'POST', headers, body: JSON.stringify({ userId }) });
    if (answer.ok) return ((await answer.json()) as { id: string }).id;
    await answer.body?.cancel();
    await Bun.sleep(100);
  }
  throw new Error('no direct chat could be opened');
}

/** Writes until the process is stopped. Replaces each connection that is closed. */
function flood(attack: Attack, url: string, attacker: BenchPerson): void {
  const { port } = new URL(url);
  const chunk = attack.chunk(attacker);
  let bytes = 0;
  let closed = 0;
  const one = () => {
    // The attacker has an address of its own, because budgets are counted by address.
    const socket: Socket = createConnection({ port: Number(port), host: '127.0.0.1', localAddress: '127.0.0.9' });
    const write = () => {
      while (!socket.destroyed && socket.write(chunk)) bytes += chunk.length;
      bytes += chunk.length;
    };
    socket.on('connect', () => {
      socket.write(attack.open(attacker));
      write();
    });
    socket.on('drain', write);
    socket.on('data', () => undefined);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      closed++;
      one();
    });
  };
  for (let n = 0; n < attack.connections; n++) one();
  process.on('SIGTERM', () => {
    console.log(`${(bytes / 1_000_000).toFixed(1)} MB written, ${closed} connections closed`);
    process.exit(0);
  });
}

/** A client's WebSocket frame, a text frame unless `first` says otherwise, with a mask of zero. */
function frame(text: string, first = 0x81): Buffer {
  const payload = Buffer.from(text);
  const size = payload.length;
  const head = size < 126 ? [first, 0x80 | size] : [first, 0x80 | 126, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]);
}

function repeated(bytes: Buffer, times: number): Buffer {
  return Buffer.concat(Array<Buffer>(times).fill(bytes));
}
