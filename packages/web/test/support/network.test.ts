import { expect, test } from 'bun:test';
import { Network } from './network.ts';

const body = new Uint8Array(30_000_000).fill(65);

test('a network loses no data when one side reads more slowly than the other sends', async () => {
  const server = Bun.serve({
    port: 0,
    async fetch(request) {
      if (request.method === 'GET') return new Response(body);
      return Response.json((await request.bytes()).length);
    },
  });
  const network = new Network(server.port ?? 0);
  let received = 0;
  for await (const chunk of (await fetch(network.url)).body ?? []) {
    received += chunk.length;
    await new Promise(setImmediate);
  }
  expect(received).toBe(body.length);
  expect(await (await fetch(network.url, { method: 'POST', body })).json()).toBe(body.length);
  network.close();
  await server.stop(true);
});
