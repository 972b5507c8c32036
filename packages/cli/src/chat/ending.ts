import { constants } from 'node:os';
import type { ParleyClient } from '@parley/sdk';

const signals = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/**
 * Runs a chat. When it ends, also by a signal, ends its session on the server: the token is stored nowhere, and unused
 * sessions would displace those of the user's other devices. A second signal exits at once.
 */
export async function endingSession(client: ParleyClient, run: () => Promise<void>): Promise<void> {
  const quit = (signal: (typeof signals)[number]) => {
    void endSession(client).then(() => process.exit(128 + constants.signals[signal]));
  };
  for (const signal of signals) process.once(signal, quit);
  try {
    await run();
  } finally {
    for (const signal of signals) process.off(signal, quit);
    await endSession(client);
  }
}

async function endSession(client: ParleyClient): Promise<void> {
  client.close();
  try {
    await client.call('logout', {});
  } catch {
    // The server can't be reached, or ended the session itself. Unlike `client.logout()`, this is not retried.
  }
}
