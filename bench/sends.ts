// Durable sends over sockets at a fixed rate: the time until the ack, and until the recipient has the message.
//   npx bun bench/sends.ts [--connections 2000] [--rate 10000] [--seconds 10] [--fsync-ms 20] [--cluster]
// --fsync-ms makes each sync to disk slower by that time (Linux with gcc). --cluster uses one process with the roles
// gateway and messaging and one with distribution, with the services of `npm run services -- up`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { slowDisk } from '../packages/server/test/support/slow-disk/slow-disk.ts';
import { startBenchCluster } from './bench-cluster.ts';
import { machine, startBenchServer } from './bench-server.ts';
import { Latencies } from './latencies.ts';
import { openSockets } from './socket.ts';

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '2000' },
    rate: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '10' },
    'fsync-ms': { type: 'string', default: '0' },
    cluster: { type: 'boolean', default: false },
  },
});
const connections = Number(values.connections);
const rate = Number(values.rate);
const seconds = Math.min(60, Number(values.seconds));
const text = 'x'.repeat(200);
const warmUpSeconds = 4;
const warmUpRate = 2_000;

const fsyncMs = Number(values['fsync-ms']);
const folder = mkdtempSync(join(tmpdir(), 'parley-sends-'));
const environment = fsyncMs > 0 ? await slowDisk(folder, fsyncMs * 1_000, join(folder, 'syncs')) : {};
const server = values.cluster ? await startBenchCluster(connections) : await startBenchServer(connections, environment);
const acks = new Latencies();
const deliveries = new Latencies();
let refused = 0;
let sentBefore = 0;
const sockets = await openSockets(server.url, server.people, (_, frame) => {
  const nowMs = performance.now();
  if (frame.startsWith('{"type":"ack"')) acks.add(nowMs - sentAtMs(frame));
  else if (frame.startsWith('{"type":"error"')) refused++;
  // Sender and recipient both receive the entry, at about the same time.
  else if (frame.startsWith('{"type":"entry"') && frame.includes('"message"')) deliveries.add(nowMs - sentAtMs(frame));
});

/** The client message id contains the time of sending. */
function sentAtMs(frame: string): number {
  const start = frame.indexOf('"clientMessageId":"') + 19;
  return Number(frame.slice(start, frame.indexOf('_', start)));
}

const pairs = await Promise.all(
  Array.from({ length: connections / 2 }, async (_, pair) => {
    const [one, other] = [server.people[pair * 2], server.people[pair * 2 + 1]];
    const answer = await fetch(`${server.url}/v1/direct`, {
      method: 'POST',
      headers: { authorization: `Bearer ${one?.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ userId: other?.userId }),
    });
    return ((await answer.json()) as { id: string }).id;
  }),
);

/** Sends at a fixed rate, and waits until all messages are answered. Returns how many were sent. */
async function send(perSecond: number, durationSeconds: number): Promise<number> {
  const fromMs = performance.now();
  let count = 0;
  while (performance.now() - fromMs < durationSeconds * 1_000) {
    const due = Math.floor(((performance.now() - fromMs) / 1_000) * perSecond);
    for (; count < due; count++) {
      const index = (count * 7) % connections;
      const clientMessageId = `${performance.now()}_${sentBefore++}`;
      const conversationId = pairs[index >> 1];
      sockets[index]?.send(JSON.stringify({ type: 'send', id: '1', conversationId, clientMessageId, text }));
    }
    await Bun.sleep(1);
  }
  const endMs = performance.now() + 10_000;
  while (acks.count + refused < count && performance.now() < endMs) await Bun.sleep(10);
  return count;
}

// Warm-up: the runtime compiles code while the programs run.
await send(Math.min(rate, warmUpRate), warmUpSeconds);
acks.clear();
deliveries.clear();
refused = 0;
const cpuBefore = await server.cpuSeconds();
const startMs = performance.now();
const sent = await send(rate, seconds);
const elapsed = (performance.now() - startMs) / 1_000;
const cpuAfter = await server.cpuSeconds();

console.log(machine());
console.log(
  `${connections} connections, ${text.length}-character texts, ${rate}/s requested for ${seconds} s, sync to disk ${fsyncMs} ms slower`,
);
console.log(
  `sent ${sent}, acknowledged ${acks.count}, refused ${refused}: ${Math.round(acks.count / elapsed)} a second`,
);
console.log(`ack      ${acks}`);
console.log(`delivery ${deliveries} (${deliveries.count})`);
for (const [name, seconds] of cpuAfter) {
  const used = seconds - (cpuBefore.get(name) ?? 0);
  console.log(`${name}: ${((used / acks.count) * 1e6).toFixed(0)} µs of processor time a message`);
}
console.log(`${(await server.residentBytes()) >> 20} MiB in the process with the sockets`);
for (const socket of sockets) {
  socket.onclose = null;
  socket.close();
}
await server.stop();
rmSync(folder, { recursive: true });
process.exit(0);
