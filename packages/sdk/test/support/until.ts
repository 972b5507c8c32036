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
 * Resolves with the result of `find` as soon as it returns one. Calls `find` at each event of the client, and at an
 * interval, because loops and promises process events later. After a timeout, rejects with what it waited for.
 */
export function until<Value>(
  client: ParleyClient,
  find: () => Value | undefined | false | null,
  what = String(find),
): Promise<Value> {
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
      reject(new Error(`waited ${patienceMs} ms for ${what}; the client is ${client.state.name}`));
    }, patienceMs);
    look();
  });
}

/** Resolves when the client has shown and stored the entry with this number. */
export async function untilShown(client: ParleyClient, conversation: Conversation, seq: number): Promise<void> {
  const isShown = async () => {
    const { entries } = await conversation.history({ from: 'store', limit: 1 });
    return (entries.at(-1)?.seq ?? 0) >= seq;
  };
  await untilAnswered(client, isShown, `entry ${seq}`);
}

/** Like {@link until}, with an asynchronous condition, which is asked again once it has answered. */
export async function untilAnswered(
  client: ParleyClient,
  isTrue: () => Promise<boolean>,
  what = String(isTrue),
): Promise<void> {
  let wasTrue = false;
  let isAsking = false;
  const failures: unknown[] = [];
  const ask = () => {
    if (!isAsking) {
      isAsking = true;
      isTrue().then(
        (now) => {
          wasTrue = now;
          isAsking = now;
        },
        (error: unknown) => failures.push(error),
      );
    }
    return wasTrue || failures.length > 0;
  };
  await until(client, ask, what);
  if (!wasTrue) throw failures[0];
}

/** Collects the events of one name from now on. */
export function collect<Name extends keyof ClientEvents>(client: ParleyClient, name: Name): ClientEvents[Name][] {
  const told: ClientEvents[Name][] = [];
  client.on(name, (event) => told.push(event));
  return told;
}
