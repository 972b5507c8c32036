import { expect, test } from 'bun:test';
import { ClientProcesses } from '../../clients/client-processes.ts';
import { isPing, Numbering, personOf, welcomeText } from '../../limits/frame-fields.ts';
import { imagined } from '../../system/conversations.ts';

type Fault = 'none' | 'lost' | 'repeated' | 'reordered' | 'unanswered';
const faultyMessage = 7;
const messages = 20;

/** A server whose entries of one message have a fault. */
function startServer(fault: Fault) {
  const numbering = new Numbering();
  const sockets = new Map<number, Bun.ServerWebSocket<{ person: number | null }>>();
  let held: string | null = null;
  let count = 0;
  return Bun.serve<{ person: number | null }>({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request, server) =>
      server.upgrade(request, { data: { person: null } }) ? undefined : new Response(null, { status: 400 }),
    websocket: {
      message(socket, frame) {
        const text = String(frame);
        if (isPing(text)) return;
        if (socket.data.person === null) {
          socket.data.person = personOf(text);
          sockets.set(socket.data.person, socket);
          socket.send(welcomeText);
          return;
        }
        const { ack, entry } = numbering.answer(text);
        const isFaulty = ++count === faultyMessage;
        if (!(isFaulty && fault === 'unanswered')) socket.send(ack);
        const partner = sockets.get(socket.data.person ^ 1);
        for (const each of [socket, partner]) {
          const isPartners = isFaulty && each === partner;
          if (isPartners && fault === 'reordered') held = entry;
          else if (!(isPartners && fault === 'lost')) each?.send(entry);
          if (isPartners && fault === 'repeated') each?.send(entry);
          if (!isPartners && each !== socket && held !== null) {
            each?.send(held);
            held = null;
          }
        }
      },
    },
  });
}

async function runAgainst(fault: Fault) {
  const server = startServer(fault);
  const people = [0, 1].map((index) => ({ userId: crypto.randomUUID(), token: `token-${index}` }));
  const clients = await ClientProcesses.connect([server.port ?? 0], people, 2);
  try {
    await clients.plan(imagined([[0, 1]]));
    return await clients.send({ rate: 100, seconds: messages / 100, textBytes: [10], conversations: [0] });
  } finally {
    await clients.stop();
    await server.stop(true);
  }
}

test('a phase counts what a correct server does, in two client processes', async () => {
  const { sent, acknowledged, refused, entries, delivery } = await runAgainst('none');
  expect({ sent, acknowledged, refused, entries }).toEqual({
    ...{ sent: messages, acknowledged: messages, refused: 0 },
    entries: 2 * messages,
  });
  expect(delivery.count).toBe(messages);
});

test.each([
  ['lost', 'after'],
  ['repeated', 'after'],
  ['reordered', 'after'],
  ['unanswered', '1 of 20 messages were neither acknowledged nor refused'],
] as const)('a phase fails if a message is %s', async (fault, reason) => {
  await expect(runAgainst(fault)).rejects.toThrow(reason);
});
