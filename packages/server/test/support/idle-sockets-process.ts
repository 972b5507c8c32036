// Opens a socket for each token, says hello, and does nothing until its input ends. A few connect at a time, because the
// server waits only a while for each hello.
// Usage: idle-sockets-process.ts URL TOKEN ...
import { subprotocol } from '@parley/protocol';

const atOnce = 50;
const [url = '', ...tokens] = process.argv.slice(2);

function connected(token: string): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/socket`, subprotocol);
  return new Promise((resolve, reject) => {
    socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', token }));
    socket.onmessage = () => resolve();
    socket.onclose = ({ code, reason }) => reject(new Error(`a socket was closed: ${code} ${reason}`));
  });
}

for (let from = 0; from < tokens.length; from += atOnce)
  await Promise.all(tokens.slice(from, from + atOnce).map(connected));
console.log('connected');
for await (const _ of process.stdin);
process.exit(0);
