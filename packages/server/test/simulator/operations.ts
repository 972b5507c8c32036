import type { Random } from './random.ts';

/** One thing that a client does. Times count from the start of the faults. */
export type Operation = { client: string; atMs: number } & (
  | { kind: 'send'; text: string }
  /** `back` counts messages from the newest one. */
  | { kind: 'edit'; back: number; text: string }
  | { kind: 'delete'; back: number }
  | { kind: 'react'; back: number; set: boolean }
  | { kind: 'read' }
  | { kind: 'away'; forMs: number }
  /** The owner removes a member, and adds the member again after `forMs`. */
  | { kind: 'remove'; member: string; forMs: number }
);

interface Choice {
  clients: readonly string[];
  owner: string;
  members: readonly string[];
  stormMs: number;
  count: number;
}

const weights: Record<Operation['kind'], number> = {
  send: 6,
  edit: 2,
  react: 2,
  delete: 1,
  read: 1,
  away: 1,
  remove: 1,
};

const emojis = ['👍', '🎉'] as const;

/** Operations in bursts, so that commands are decided together and connections have several frames under way. */
export function randomOperations(random: Random, choice: Choice): Operation[] {
  const burstMs = random.pick([20, 200, 2_000] as const);
  const bursts = Array.from({ length: random.whole(3, 40) }, () => random.whole(0, choice.stormMs));
  const operations = Array.from({ length: choice.count }, (_, index) => {
    const atMs = random.pick(bursts) + random.whole(0, burstMs);
    return randomOperation(random, choice, { atMs, index });
  });
  return operations.sort((one, other) => one.atMs - other.atMs);
}

function randomOperation(
  random: Random,
  { clients, owner, members }: Choice,
  { atMs, index }: { atMs: number; index: number },
): Operation {
  const by = { client: random.pick(clients), atMs };
  const kind = random.weighted(weights);
  switch (kind) {
    case 'send':
      return { ...by, kind, text: `message ${index}` };
    case 'edit':
      return { ...by, kind, back: random.whole(0, 5), text: `edit ${index}` };
    case 'react':
      return { ...by, kind, back: random.whole(0, 5), set: random.chance(0.6) };
    case 'delete':
      return { ...by, kind, back: random.whole(0, 5) };
    case 'read':
      return { ...by, kind };
    case 'away':
      return { ...by, kind, forMs: random.whole(100, 15_000) };
    case 'remove':
      return { ...by, client: owner, kind, member: random.pick(members), forMs: random.whole(100, 8_000) };
  }
}

/** The emoji of the client's reactions, which it shares with others. */
export function emojiOf(client: string): string {
  return emojis[client.length % emojis.length] ?? emojis[0];
}
