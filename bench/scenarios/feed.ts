import type { Command } from '../../packages/server/src/conversations/command.ts';
import type { Outcome, Parameters, Row, Scenario } from '../scenario.ts';
import { type FeedSide, type OfOthers, startFeedSide } from '../system/feed-side.ts';
import { using } from '../system/start.ts';

const sender = Bun.randomUUIDv7();
const warmUpRounds = 4;
const text = 'x'.repeat(200);
const names = ['without', 'with'] as const;
type Name = (typeof names)[number];

/** Microseconds of a send. */
type Used = OfOthers & Record<'own' | 'elapsed', number>;

export const feed: Scenario = {
  name: 'feed',
  summary: 'The processor time that the feed and its follower add to a send: the same batches with and without them.',
  shapes: ['embedded', 'cluster'],
  options: {
    rounds: { default: '40', help: 'rounds with the feed, and as many without it, in turns' },
    batches: { default: '50', help: 'batches in a round' },
    batch: { default: '40', help: 'sends in a batch' },
    conversations: { default: '1000', help: 'conversations that the sends are in' },
  },
  quick: { rounds: '10' },
  run: (parameters) =>
    using(startFeedSide(parameters.shape(), false), (without) =>
      using(startFeedSide(parameters.shape(), true), async (fed) => {
        const figures = await compare({ without, with: fed }, parameters);
        return outcomeOf(figures, parameters);
      }),
    ),
};

/** The figures of each round, without the first ones. */
async function compare(sides: Record<Name, FeedSide>, parameters: Parameters): Promise<Record<Name, Used[]>> {
  const [rounds, batches] = [parameters.number('rounds', 1, 10_000), parameters.number('batches', 1, 10_000)];
  const batch = parameters.number('batch', 1, 1_000);
  const count = parameters.number('conversations', 1, 100_000);
  const conversationIds = Array.from({ length: count }, () => Bun.randomUUIDv7());
  for (const side of Object.values(sides)) {
    for (let first = 0; first < count; first += 500) {
      await side.decide(conversationIds.slice(first, first + 500).map(create));
    }
    await side.settle();
  }
  let next = 0;
  const send = () => sendTo(conversationIds[next++ % count] ?? '');
  const figures: Record<Name, Used[]> = { without: [], with: [] };
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    // Alternate which side goes first.
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const used = await measureRound(sides[name], batches, () => Array.from({ length: batch }, send));
      if (round >= warmUpRounds) figures[name].push(used);
    }
  }
  for (const name of names) {
    const [found, sent] = [await sides[name].messages(), (warmUpRounds + rounds) * batches * batch];
    if (found !== sent) throw new Error(`${name} the feed, the totals have ${found} of ${sent} messages`);
  }
  return figures;
}

async function measureRound(side: FeedSide, batches: number, nextBatch: () => Command[]): Promise<Used> {
  const [own, others, startMs] = [process.cpuUsage(), side.others(), performance.now()];
  let sends = 0;
  for (let batch = 0; batch < batches; batch++) {
    const commands = nextBatch();
    await side.decide(commands);
    sends += commands.length;
  }
  await side.settle();
  const { user, system } = process.cpuUsage(own);
  const after = side.others();
  return {
    own: (user + system) / sends,
    postgres: (after.postgres - others.postgres) / sends,
    followers: (after.followers - others.followers) / sends,
    postgresOfFollowers: (after.postgresOfFollowers - others.postgresOfFollowers) / sends,
    elapsed: ((performance.now() - startMs) * 1_000) / sends,
  };
}

function outcomeOf(figures: Record<Name, Used[]>, parameters: Parameters): Outcome {
  const median = (name: Name, part: keyof Used) => {
    const sorted = figures[name].map((used) => used[part]).toSorted((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? Number.NaN;
  };
  // The kernel counts the time of other processes in units of 10 ms, about that of a round.
  const mean = (part: keyof Used) => figures.with.reduce((sum, used) => sum + used[part], 0) / figures.with.length;
  const decided = median('without', 'own') + median('without', 'postgres');
  // The feed adds no statement to those of a batch.
  const added: Record<string, number> = {
    'the feed, where commands are decided': median('with', 'own') - median('without', 'own'),
  };
  // The time of the brokers is not included, because other programs may use them.
  if (parameters.shape() === 'cluster') {
    added['the process with the role followers'] = mean('followers');
    added['PostgreSQL for this process'] = mean('postgresOfFollowers');
  }
  const all = Object.values(added).reduce((sum, us) => sum + us, 0);
  const row = (part: string, us: number): Row => ({
    part,
    'µs a send': us,
    '% of the first line': (us / decided) * 100,
  });
  return {
    rows: [
      {
        ...row('processing and writing, without the feed', decided),
        'sends /s, with the follower': 1e6 / mean('elapsed'),
      },
      ...Object.entries(added).map(([part, us]) => row(part, us)),
      row('all that the feed adds', all),
    ],
    ratios: { 'processor time of a send with the feed, to that without': (decided + all) / decided },
  };
}

function create(conversationId: string): Command {
  return {
    ...{
      conversationId,
      actorId: sender,
      commandId: 'create',
      kind: 'create',
      conversationKind: 'group',
      name: 'bench',
    },
    ...{ description: '', announceOnly: false, history: 'all', userIds: [] },
  };
}

function sendTo(conversationId: string): Command {
  return { conversationId, actorId: sender, commandId: Bun.randomUUIDv7(), kind: 'send', text };
}
