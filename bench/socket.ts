import { subprotocol } from '@parley/protocol';
import type { BenchPerson } from './bench-server.ts';

/** Opens a socket and resolves after `welcome`; `onText` gets every later frame, unparsed. */
export function openSocket(url: string, { token }: BenchPerson, onText: (text: string) => void): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/socket`, subprotocol);
    socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', token }));
    socket.onclose = ({ code, reason }) => reject(new Error(`closed with ${code} ${reason}`));
    socket.onmessage = ({ data }) => {
      const text = String(data);
      if (text.startsWith('{"type":"welcome"')) resolve(socket);
      else onText(text);
    };
  });
}

/** Opens a socket for each user, 200 at a time. */
export async function openSockets(
  url: string,
  people: readonly BenchPerson[],
  onText: (index: number, text: string) => void,
): Promise<WebSocket[]> {
  const sockets: WebSocket[] = [];
  const atOnce = 200;
  for (let from = 0; from < people.length; from += atOnce) {
    const opened = people
      .slice(from, from + atOnce)
      .map((person, offset) => openSocket(url, person, (text) => onText(from + offset, text)));
    sockets.push(...(await Promise.all(opened)));
  }
  return sockets;
}
