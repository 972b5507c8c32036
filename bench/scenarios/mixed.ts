import type { ActivityPlan } from '../clients/activity.ts';
import type { PlannedConversation } from '../clients/tally.ts';
import { randomNumbers, zipf } from '../random.ts';
import type { Outcome, Scenario } from '../scenario.ts';
import { createChannel, createDirect, createGroup } from '../system/conversations.ts';
import { inGroups } from '../system/people.ts';
import { startParley, using } from '../system/start.ts';
import type { System } from '../system/system.ts';
import { connectionsOf, OpenLoad, openLoadOptions, sendColumns } from './open-load.ts';

const seed = 16;
/** Of 1,000 messages. */
const shares = { direct: 700, group: 250, channel: 50 };
const [peopleOfGroup, groupSizeMax, channels] = [20, 256, 3];
const [textBytesMax, textLengths] = [1_000, 100];
/** Of ten people, one comes and goes. */
const visitorShare = 0.1;
const [watchingMax, watchedMax] = [500, 50];

type Kind = keyof typeof shares;

export const mixed: Scenario = {
  name: 'mixed',
  summary:
    'Real use: Zipf-distributed sizes and texts, 70 % direct, 25 % group and 5 % channel messages, with typing, reads, ' +
    'presence and people who come and go.',
  shapes: ['embedded', 'cluster'],
  options: {
    rate: { default: '1000', help: 'messages a second' },
    typing: { default: '200', help: 'typing frames a second' },
    reads: { default: '500', help: 'read positions a second' },
    reconnects: { default: '20', help: 'reconnections a second' },
    ...openLoadOptions,
    seconds: { default: '60', help: 'duration' },
  },
  quick: { seconds: '10', connections: '1000' },
  run: (parameters) =>
    using(startParley(parameters.shape(), connectionsOf(parameters)), async (system): Promise<Outcome> => {
      const people = system.people.length;
      const stayers = Math.ceil(people * (1 - visitorShare));
      const kinds = await createConversations(system, stayers);
      const planned = Object.values(kinds).flat();
      const random = randomNumbers(seed);
      const activity: ActivityPlan = {
        rates: {
          typing: parameters.number('typing'),
          reads: parameters.number('reads'),
          reconnects: parameters.number('reconnects'),
        },
        visitors: Array.from({ length: people - stayers }, (_, index) => stayers + index),
        watching: Array.from({ length: Math.min(stayers, watchingMax) }, (_, index) => index),
        watched: system.people.slice(-Math.min(people - stayers, watchedMax)).map(({ userId }) => userId),
      };
      const variation = {
        activity,
        conversations: choices(kinds, random),
        textBytes: Array.from({ length: textLengths }, () => 1 + zipf(random, textBytesMax)),
      };
      const load = await OpenLoad.start(system, planned, parameters);
      const rate = parameters.number('rate', 1, 200_000);
      // The other person of a direct conversation is a member from its first message on.
      await load.run(rate, planned.length / rate);
      await load.warmUp(rate, variation);
      const figures = await load.run(rate, parameters.number('seconds', 1, 300), variation);
      await load.stop();
      const { entries, received } = figures;
      return { rows: [{ system: system.name, ...sendColumns(figures), deliveries: entries, ...received }], ratios: {} };
    }),
};

/** Visitors are members and receive, but only those who stay send. */
async function createConversations(system: System, stayers: number): Promise<Record<Kind, PlannedConversation[]>> {
  const { url, people } = system;
  const random = randomNumbers(seed + 1);
  const anybody = () => Math.floor(random() * people.length);
  const partners = Array.from({ length: stayers }, (_, index) => (index + 1) % people.length);
  const sizes = Array.from({ length: Math.ceil(people.length / peopleOfGroup) }, () =>
    Math.min(people.length, 3 + zipf(random, groupSizeMax - 3)),
  );
  const groups = sizes.map((size) => membersOf(size, () => Math.floor(random() * stayers), anybody));
  const joined = Array.from({ length: channels }, (_, index) =>
    membersOf(Math.floor(people.length / (2 * (index + 1))), () => index, anybody),
  );
  const made = {
    direct: await inGroups(partners.length, (index) => createDirect(url, people, [index, partners[index] ?? 0])),
    group: await inGroups(groups.length, (index) => createGroup(system, groups[index] ?? [])),
    channel: await inGroups(joined.length, (index) => createChannel(system, joined[index] ?? [])),
  };
  for (const each of Object.values(made).flat()) {
    each.senders = (each.senders ?? each.members).filter((member) => member < stayers);
  }
  return made;
}

/** Different people; the first of them creates the conversation. */
function membersOf(size: number, creator: () => number, anybody: () => number): number[] {
  const members = new Set([creator()]);
  while (members.size < size) members.add(anybody());
  return [...members];
}

/** The conversations of the messages, in turn: by the share of their kind, and within it by Zipf's law. */
function choices(kinds: Record<Kind, PlannedConversation[]>, random: () => number): number[] {
  let first = 0;
  const chosen: number[] = [];
  for (const kind of ['direct', 'group', 'channel'] as const) {
    const from = first;
    chosen.push(...Array.from({ length: shares[kind] }, () => from + zipf(random, kinds[kind].length)));
    first += kinds[kind].length;
  }
  // Mixes the kinds over time.
  const order = new Map(chosen.map((_, index) => [index, random()]));
  return [...order.keys()].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0)).map((index) => chosen[index] ?? 0);
}
