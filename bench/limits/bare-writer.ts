// The kernel's cost of fan-out: writes the entry of each message to all sockets.
import { serverFrame } from '../net/websocket.ts';
import { BareServer, serveUntilStopped } from './bare-server.ts';
import { isPing, Numbering, welcomeText } from './frame-fields.ts';

const sockets = new Set<number>();
const numbering = new Numbering();
const server = new BareServer((socket, bytes, start, end) => {
  if (!sockets.has(socket)) {
    sockets.add(socket);
    server.send(socket, serverFrame(welcomeText));
    return;
  }
  const text = bytes.toString('latin1', start, end);
  if (isPing(text)) return;
  const { ack, entry } = numbering.answerFrames(text);
  for (const each of sockets) server.send(each, entry);
  server.send(socket, ack);
});
serveUntilStopped(server, () => undefined);
