// Fan-out in a channel whose members are all online, with one sender.
//   npx bun bench/channel.ts [--members 10000] [--messages 100]
import { parseArgs } from 'node:util';
import { machine, startBenchServer } from './bench-server.ts';
import { Latencies } from './latencies.ts';
import { openSockets } from './socket.ts';

const { values } = parseArgs({
  options: { members: { type: 'string', default: '10000' }, messages: { type: 'string', default: '100' } },
});
const members = Number(values.members);
const messages = Math.min(1_000, Number(values.messages));

const server = await startBenchServer(members);
const authorized = (token: string) => ({ authorization: `Bearer ${token}` });
const [owner] = server.people;
if (!owner) throw new Error('a channel has at least one member');
const made = await fetch(`${server.url}/v1/channels`, {
  method: 'POST',
  headers: { ...authorized(owner.token), 'content-type': 'application/json' },
  body: JSON.stringify({ name: 'everybody' }),
});
const { id } = (await made.json()) as { id: string };
const joinStartMs = performance.now();
for (let from = 1; from < members; from += 500) {
  await Promise.all(
    server.people
      .slice(from, from + 500)
      .map(({ token }) =>
        fetch(`${server.url}/v1/channels/${id}/join`, { method: 'POST', headers: authorized(token) }),
      ),
  );
}
const joinSeconds = (performance.now() - joinStartMs) / 1_000;

const delivery = new Latencies();
let acked: () => void = () => undefined;
let lastMs = 0;
const idleBefore = await server.residentBytes();
const sockets = await openSockets(server.url, server.people, (_, frame) => {
  if (frame.startsWith('{"type":"ack"')) acked();
  const start = frame.indexOf('"clientMessageId":"m');
  if (!frame.startsWith('{"type":"entry"') || start < 0) return;
  lastMs = performance.now();
  delivery.add(lastMs - Number(frame.slice(start + 20, frame.indexOf('"', start + 20))));
});
const bytesEach = ((await server.residentBytes()) - idleBefore) / members;

const serverCpu = async () => (await server.cpuSeconds()).get('server') ?? 0;
const cpuBefore = await serverCpu();
const startMs = performance.now();
for (let message = 0; message < messages; message++) {
  const expected = (message + 1) * members;
  const ack = new Promise<void>((resolve) => {
    acked = resolve;
  });
  const clientMessageId = `m${performance.now()}`;
  sockets[0]?.send(
    JSON.stringify({ type: 'send', id: '1', conversationId: id, clientMessageId, text: 'x'.repeat(200) }),
  );
  await ack;
  const endMs = performance.now() + 30_000;
  while (delivery.count < expected && performance.now() < endMs) await Bun.sleep(1);
}
const seconds = (lastMs - startMs) / 1_000;
const cpu = (await serverCpu()) - cpuBefore;

console.log(machine());
console.log(
  `${members} members online in one channel, ${messages} messages, each sent after the one before was delivered to all`,
);
console.log(
  `joined at ${Math.round(members / joinSeconds)} a second; ${(bytesEach / 1024).toFixed(1)} KiB for each connected user`,
);
console.log(
  `delivered ${delivery.count} of ${messages * members}: ${Math.round(delivery.count / seconds)} deliveries a second`,
);
console.log(`from sending to each member: ${delivery}`);
console.log(`server: ${((cpu / delivery.count) * 1e6).toFixed(1)} µs of processor time a delivery`);
for (const socket of sockets) {
  socket.onclose = null;
  socket.close();
}
await server.stop();
process.exit(0);
