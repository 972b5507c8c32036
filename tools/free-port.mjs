import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/** Below the ports that operating systems use for outgoing connections, which begin at 32,768 or above. */
const [portMin, portEnd] = [10_000, 32_768];
const attempts = 100;
/** A socket that is not referenced could be closed. */
const reservations = [];

/**
 * A port on this machine on which no program listens. Outgoing connections do not use it meanwhile, and no call returns
 * it again, in this or in another process, while this process runs: a program may begin to listen on it only later, or
 * stop and start again.
 */
export async function freePort() {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = portMin + Math.floor(Math.random() * (portEnd - portMin));
    if ((await reserve(port)) && (await isFree(port))) return port;
  }
  throw new Error(`none of ${attempts} ports between ${portMin} and ${portEnd} is free`);
}

/**
 * Reserves a port until this process ends: of several processes, one can bind the UDP port with its number. Resolves to
 * false if another one has it.
 */
function reserve(port) {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.on('error', () => resolve(false));
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      socket.unref();
      reservations.push(socket);
      resolve(true);
    });
  });
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
