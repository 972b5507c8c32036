import { createServer } from 'node:net';

/** Below the ports that operating systems use for outgoing connections, which begin at 32,768 or above. */
const [portMin, portEnd] = [10_000, 32_768];
const attempts = 100;
/** A program may begin to listen on its port only seconds later, so no port is returned twice. */
const returned = new Set();

/** A port on this machine on which no program listens. Outgoing connections do not use it meanwhile. */
export async function freePort() {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = portMin + Math.floor(Math.random() * (portEnd - portMin));
    if (returned.has(port)) continue;
    returned.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`none of ${attempts} ports between ${portMin} and ${portEnd} is free`);
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
