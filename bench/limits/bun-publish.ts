// The runtime's own cost of fan-out: publishes the entry of each message to all sockets. With the argument `passes-on`
// it is one of several processes: its starter passes each entry on to the others.
import { isPing, Numbering, welcomeText } from './frame-fields.ts';

/** An entry that a process of several has published to its sockets. */
export interface Published {
  entry: string;
}

const topic = 'everybody';
const passesOn = process.argv.includes('passes-on');
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
      if (passesOn) process.send?.({ entry } satisfies Published);
      socket.send(ack);
    },
  },
});
process.send?.({ port: server.port });
process.on('message', ({ entry }: Published) => server.publish(topic, entry));
process.on('disconnect', () => process.exit(0));
