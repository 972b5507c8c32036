// The process of an attacker, who writes until it is stopped and replaces each connection that is closed.
import { createConnection, type Socket } from 'node:net';
import { type Attack, attacks } from './attacks.ts';
import { answerCalls } from './worker.ts';

/** The attacker has an address of its own, because budgets are counted by address. */
const localAddress = '127.0.0.9';

let written = 0;
let closed = 0;

const calls = {
  start({ kind, port, token }: { kind: string; port: number; token: string }): void {
    const attack = attacks[kind];
    if (!attack) throw new Error(`there is no attack ${kind}`);
    const chunk = attack.chunk(token);
    for (let count = 0; count < attack.connections; count++) attackFrom(attack, chunk, port, token);
  },
  report: () => ({ written, closed }),
};
export type AttackerCalls = typeof calls;
answerCalls(calls);

function attackFrom(attack: Attack, chunk: Uint8Array, port: number, token: string): void {
  const socket: Socket = createConnection({ port, host: '127.0.0.1', localAddress });
  const write = () => {
    while (!socket.destroyed && socket.write(chunk)) written += chunk.length;
    written += chunk.length;
  };
  socket.on('connect', () => {
    socket.write(attack.open(token));
    write();
  });
  socket.on('drain', write);
  socket.on('data', () => undefined);
  // Every error closes the connection.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed++;
    attackFrom(attack, chunk, port, token);
  });
}
