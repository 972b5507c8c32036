import { expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parleyProgram, ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const filesMax = 200;
const idleConnections = 400;

test('idle connections are closed before the process runs out of file descriptors, so that requests are served', async () => {
  const data = mkdtempSync(join(tmpdir(), 'parley-idle-'));
  const command = ['bash', '-c', `ulimit -n ${filesMax} && exec "$@"`, 'bash', ...parleyProgram(), 'serve'];
  const server = await ServerProcess.start({ settings: { data }, command });
  const sockets: Socket[] = [];
  let answered = 0;
  let closed = 0;
  try {
    for (let n = 0; n < idleConnections; n++) {
      // The runtime itself closes a connection without a request after 12 s.
      const socket = connect(server.port, '127.0.0.1', () =>
        socket.write('GET /livez HTTP/1.1\r\nHost: parley\r\n\r\n'),
      );
      socket.on('data', () => answered++);
      socket.on('error', () => undefined);
      socket.on('close', () => closed++);
      sockets.push(socket);
    }
    await until('every idle connection has an answer', () => answered >= idleConnections);
    // Each of these requests needs a new connection.
    for (let n = 0; n < 20; n++) {
      const answer = await fetch(new URL('/livez', server.url), { headers: { connection: 'close' } });
      expect(answer.status).toBe(200);
    }
    expect(closed).toBeGreaterThan(idleConnections - filesMax);
    expect(readdirSync(`/proc/${server.pid}/fd`).length).toBeLessThan(filesMax);
  } finally {
    for (const socket of sockets) socket.destroy();
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  }
});
