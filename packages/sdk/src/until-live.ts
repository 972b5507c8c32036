import type { ConnectionState } from './connection.ts';
import { Disconnected } from './parley-error.ts';

/** A client with a connection. */
interface Connected {
  readonly state: ConnectionState;
  on(name: 'state', handler: (state: ConnectionState) => void): () => void;
}

/** Resolves when the client is live. Rejects when it stops reconnecting. */
export function untilLive(client: Connected): Promise<void> {
  return new Promise((resolve, reject) => {
    const check = (state: ConnectionState) => {
      if (state.name === 'live') resolve();
      else if (state.name === 'stopped') reject(new Disconnected(state.reason));
      else return;
      stop();
    };
    const stop = client.on('state', check);
    check(client.state);
  });
}
