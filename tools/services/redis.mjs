import { freePort } from '../free-port.mjs';
import { dataFolder, firstAnswer, has, run } from './program.mjs';

export const redis = {
  stopSignal: 'SIGTERM',

  /** Starts the service. Returns its state, or a string that says why it can't be started. */
  async start(name) {
    if (!has('redis-server')) return 'redis-server is not installed (Debian: redis-server)';
    const port = await freePort();
    const data = dataFolder(name);
    const where = ['--port', port, '--bind', '127.0.0.1', '--dir', data];
    const pid = run(name, ['redis-server', ...where, '--save', '', '--appendonly', 'no']);
    return { address: `redis://127.0.0.1:${port}`, port, data, pid };
  },

  async answers({ port }) {
    const answer = await firstAnswer(port, 'PING\r\n');
    return answer?.toString() === '+PONG\r\n';
  },
};
