import type { ClientEvents, ParleyClient } from '../../src/index.ts';

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

/** Resolves with what `find` gives, as soon as it gives something; looks whenever the client tells anything. */
export function until<Value>(client: ParleyClient, find: () => Value | undefined | false | null): Promise<Value> {
  return new Promise((resolve) => {
    const look = () => {
      const found = find();
      if (found === undefined || found === false || found === null) return;
      for (const stop of stops) stop();
      resolve(found);
    };
    const stops = names.map((name) => client.on(name, look));
    look();
  });
}

/** Everything of one kind that a client tells from now on. */
export function collect<Name extends keyof ClientEvents>(client: ParleyClient, name: Name): ClientEvents[Name][] {
  const told: ClientEvents[Name][] = [];
  client.on(name, (event) => told.push(event));
  return told;
}
