// The minimum cost of a durable send: takes the frames of clients, appends them to a file, syncs it once a turn, and then
// sends the acks and the entries. Person 2n talks with person 2n + 1.
//   bare-durable-loop.ts FILE
import { fdatasyncSync, openSync, writeSync } from 'node:fs';
import { serverFrame } from '../net/websocket.ts';
import { BareServer, serveUntilStopped } from './bare-server.ts';
import { isPing, Numbering, personOf, welcomeText } from './frame-fields.ts';

const file = openSync(process.argv[2] ?? '', 'a');
const people = new Map<number, number>();
const sockets = new Map<number, number>();
const numbering = new Numbering();
let batch: { from: number; person: number; text: string }[] = [];
let records: Uint8Array[] = [];

const server = new BareServer((socket, bytes, start, end) => {
  const text = bytes.toString('latin1', start, end);
  if (isPing(text)) return;
  const person = people.get(socket);
  if (person !== undefined) {
    batch.push({ from: socket, person, text });
    records.push(Uint8Array.from(bytes.subarray(start, end)));
    return;
  }
  people.set(socket, personOf(text));
  sockets.set(personOf(text), socket);
  server.send(socket, serverFrame(welcomeText));
});

serveUntilStopped(server, () => {
  if (batch.length === 0) return;
  const done = batch;
  writeSync(file, Buffer.concat(records));
  fdatasyncSync(file);
  batch = [];
  records = [];
  for (const { from, person, text } of done) {
    const { ack, entry } = numbering.answerFrames(text);
    server.send(from, ack);
    server.send(from, entry);
    const other = sockets.get(person ^ 1);
    if (other !== undefined) server.send(other, entry);
  }
});
