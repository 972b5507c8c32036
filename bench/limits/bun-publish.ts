// The runtime's own cost of fan-out: publishes the entry of each message to all sockets.
import { isPing, Numbering, welcomeText } from './frame-fields.ts';

const topic = 'everybody';
const numbering = new Numbering();
const server = Bun.serve<{ isWelcome: boolean }>({
  hostname: '127.0.0.1',
  port: 0,
  fetch: (request, accepting) =>
    accepting.upgrade(request, { data: { isWelcome: false } }) ? undefined : new Response(null, { status: 400 }),
  websocket: {
    message(socket, text) {
      if (!socket.data.isWelcome) {
        socket.data.isWelcome = true;
        socket.subscribe(topic);
        socket.send(welcomeText);
        return;
      }
      if (isPing(String(text))) return;
      const { ack, entry } = numbering.answer(String(text));
      server.publish(topic, entry);
      socket.send(ack);
    },
  },
});
process.send?.({ port: server.port });
process.on('disconnect', () => process.exit(0));
