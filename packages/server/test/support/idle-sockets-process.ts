// Opens a socket for each token, says hello, and does nothing until its input ends.
// Usage: idle-sockets-process.ts URL TOKEN ...
import { subprotocol } from '@parley/protocol';

const [url = '', ...tokens] = process.argv.slice(2);

function connected(token: string): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/socket`, subprotocol);
  return new Promise((resolve, reject) => {
    socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', token }));
    socket.onmessage = () => resolve();
    socket.onclose = ({ code, reason }) => reject(new Error(`a socket was closed: ${code} ${reason}`));
  });
}

await Promise.all(tokens.map(connected));
console.log('connected');
for await (const _ of process.stdin);
process.exit(0);
