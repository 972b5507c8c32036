import type { ClientEvents, Conversation, ParleyClient } from '../../src/index.ts';

const names = [
  'state',
  'entry',
  'skipped',
  'conversation',
  'outbox',
  'presence',
  'people',
  'typing',
  'read',
  'restored',
  'sessionEnded',
] as const;

const pollMs = 50;
const patienceMs = 60_000;

/**
 * Resolves with what `find` gives, as soon as it gives something: looks whenever the client tells anything, and now and
 * then, for what a loop or a promise makes of it comes later. Rejects with what it waited for when that does not come.
 */
export function until<Value>(client: ParleyClient, find: () => Value | undefined | false | null): Promise<Value> {
  return new Promise((resolve, reject) => {
    const end = () => {
      for (const stop of stops) stop();
      clearInterval(polling);
      clearTimeout(patience);
    };
    const look = () => {
      const found = find();
      if (found === undefined || found === false || found === null) return;
      end();
      resolve(found);
    };
    const stops = names.map((name) => client.on(name, look));
    const polling = setInterval(look, pollMs);
    const patience = setTimeout(() => {
      end();
      reject(new Error(`waited ${patienceMs} ms for ${find}; the client is ${client.state}`));
    }, patienceMs);
    look();
  });
}

/** Resolves when the client has shown the entry with this number: it is stored then, as are all before it. */
export async function untilShown(client: ParleyClient, conversation: Conversation, seq: number): Promise<void> {
  let newestSeq = 0;
  const look = async () => {
    const { entries } = await conversation.history({ from: 'store', limit: 1 });
    newestSeq = entries.at(-1)?.seq ?? 0;
  };
  await until(client, () => {
    void look();
    return newestSeq >= seq;
  });
}

/** Everything of one kind that a client tells from now on. */
export function collect<Name extends keyof ClientEvents>(client: ParleyClient, name: Name): ClientEvents[Name][] {
  const told: ClientEvents[Name][] = [];
  client.on(name, (event) => told.push(event));
  return told;
}
