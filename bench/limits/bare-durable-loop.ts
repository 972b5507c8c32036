// The minimum cost of a durable send: takes the frames of clients, appends them to a file, syncs it once a turn, and then
// sends the acks and the entries. Person 2n talks with person 2n + 1.
//   bare-durable-loop.ts FILE
import { fdatasyncSync, openSync, writeSync } from 'node:fs';
import { serverFrame } from '../net/websocket.ts';
import { BareServer, serveUntilStopped } from './bare-server.ts';

interface Send {
  from: number;
  person: number;
  text: string;
}

const file = openSync(process.argv[2] ?? '', 'a');
const personOf = new Map<number, number>();
const socketOf = new Map<number, number>();
const headOf = new Map<string, number>();
let batch: Send[] = [];
let records: Uint8Array[] = [];

const server = new BareServer((socket, bytes, start, end) => {
  const text = bytes.toString('latin1', start, end);
  const person = personOf.get(socket);
  if (person === undefined) welcome(socket, text);
  else {
    batch.push({ from: socket, person, text });
    records.push(Uint8Array.from(bytes.subarray(start, end)));
  }
});
serveUntilStopped(server, () => {
  if (batch.length === 0) return;
  const done = batch;
  writeSync(file, Buffer.concat(records));
  fdatasyncSync(file);
  batch = [];
  records = [];
  for (const each of done) answer(each);
});

/** The number of the person is the end of the token. */
function welcome(socket: number, hello: string): void {
  const person = Number(/-(\d+)"/.exec(hello)?.[1]);
  personOf.set(socket, person);
  socketOf.set(person, socket);
  server.send(socket, serverFrame('{"type":"welcome"}'));
}

function answer({ from, person, text }: Send): void {
  // The fields of a `send` of the clients, in their order.
  const [, id, conversationId, rest] = /"id":"([^"]*)","conversationId":"([^"]*)",(.*)}$/.exec(text) ?? [];
  if (id === undefined || conversationId === undefined) throw new Error(`not a message: ${text}`);
  const seq = (headOf.get(conversationId) ?? 1) + 1;
  headOf.set(conversationId, seq);
  const receipt = `"conversationId":"${conversationId}","seq":${seq},"messageCount":${seq - 1},"atMs":1767225600000`;
  const entry = serverFrame(
    `{"type":"entry","entry":{"kind":"message",${rest},${receipt},"senderId":"0198c5cf-0000-7000-8000-000000000000"}}`,
  );
  server.send(from, serverFrame(`{"type":"ack","id":"${id}","clientMessageId":"${id}",${receipt}}`));
  server.send(from, entry);
  const other = socketOf.get(person ^ 1);
  if (other !== undefined) server.send(other, entry);
}
