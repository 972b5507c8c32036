import { expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parleyProgram, ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const filesMax = 200;
const idleConnections = 400;

/**
 * A connection with a response, which is idle from then on. The runtime closes one without a request after 12 s, and a
 * server that is out of files may close one before it has read the request, which is then sent again.
 */
async function idleConnection(port: number): Promise<Socket> {
  while (true) {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /livez HTTP/1.1\r\nHost: parley\r\n\r\n'));
    const isAnswered = await new Promise<boolean>((resolve) => {
      socket.on('data', () => resolve(true));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(false));
    });
    if (isAnswered) return socket;
  }
}

test('idle connections are closed before the process runs out of file descriptors, so that requests are served', async () => {
  const data = mkdtempSync(join(tmpdir(), 'parley-idle-'));
  const command = ['bash', '-c', `ulimit -n ${filesMax} && exec "$@"`, 'bash', ...parleyProgram(), 'serve'];
  const server = await ServerProcess.start({ settings: { data }, command });
  const openFiles = () => readdirSync(`/proc/${server.pid}/fd`).length;
  const sockets: Socket[] = [];
  const closed = () => sockets.filter(({ destroyed }) => destroyed).length;
  try {
    // In the end the server has just closed the idle ones, so that it does not close the next one at once.
    while (sockets.length < idleConnections || openFiles() > filesMax / 2) {
      sockets.push(await idleConnection(server.port));
    }
    // Each of these requests needs a new connection.
    for (let n = 0; n < 20; n++) {
      const answer = await fetch(new URL('/livez', server.url), { headers: { connection: 'close' } });
      expect(answer.status).toBe(200);
    }
    await until('most connections are closed', () => closed() > idleConnections - filesMax);
    expect(openFiles()).toBeLessThan(filesMax);
  } finally {
    for (const socket of sockets) socket.destroy();
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  }
});
