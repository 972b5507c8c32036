import type { MessageChange } from '@parley/protocol';
import { ConversationsUnderTest } from '../../../server/test/contract/conversations-under-test.ts';
import type { Person, RunningServer } from '../../../server/test/support/running-server.ts';

const names = {
  mira: 'Mira Lindqvist',
  jonas: 'Jonas Weber',
  noor: 'نور الخطيب',
  sofia: 'Σοφία Νικολάου',
  dev: 'Dev Patel',
  eli: 'אלי כהן',
};
type Name = keyof typeof names | 'ana';

/** The present time of the demonstration, a Wednesday morning. */
export const demonstrationNow = new Date('2026-05-13T10:24:00Z');

/** A message: minutes before {@link demonstrationNow}, the sender, the text, and the index of the line it replies to. */
type Line = readonly [minutesAgo: number, name: Name, text: string, repliesTo?: number];

const yesterday = 24 * 60;

const harbour: readonly Line[] = [
  [yesterday + 52, 'mira', 'The permit for the pavilion came through!'],
  [yesterday + 51, 'jonas', 'At last. That was the last thing on the list, wasn’t it?'],
  [yesterday + 48, 'mira', 'Nearly. The harbour office wants the load tables again, with the new beams.'],
  [
    yesterday + 44,
    'dev',
    'I can make them again, it is one command:\n```sh\nload-tables --beams new \\\n  --format pdf > tables.pdf\n```',
  ],
  [yesterday + 40, 'ana', 'Perfect. Send them to me when they are done, I am at the office today.'],
  [yesterday + 12, 'noor', 'ممتاز، سأراجعها مساءً وأرسل الملاحظات.'],
  [yesterday + 9, 'sofia', 'Ενημέρωσα και τα σχέδια των θεμελίων. Κοιτάξτε τα αύριο.'],
  [76, 'dev', 'Done. `tables.pdf` is with the office.'],
  [75, 'dev', 'They said they would look at it today.'],
  [61, 'ana', 'I spoke to them on the phone. No questions so far.'],
  [60, 'ana', 'Lunch is on me if it stays that way.'],
  [24, 'dev', 'Sorry, wrong window.'],
  [23, 'jonas', 'Plans are at https://harbour.example/plans/pavilion?rev=7 for whoever needs them.'],
  [14, 'jonas', 'Then we could start on Monday, if the wether holds.'],
  [6, 'sofia', 'I will be there at seven with the coffee.', 13],
];
/** Changes of these messages: minutes before {@link demonstrationNow}, who makes them, the index of the line. */
const harbourChanges: readonly (readonly [minutesAgo: number, name: Name, line: number, change: MessageChange])[] = [
  [yesterday + 50, 'dev', 0, { kind: 'react', emoji: '🎉', set: true }],
  [yesterday + 50, 'ana', 0, { kind: 'react', emoji: '🎉', set: true }],
  [23, 'dev', 11, { kind: 'delete' }],
  [20, 'mira', 12, { kind: 'pin', set: true }],
  [19, 'dev', 12, { kind: 'react', emoji: '👍', set: true }],
  [18, 'noor', 12, { kind: 'react', emoji: '👍', set: true }],
  [17, 'ana', 12, { kind: 'react', emoji: '👀', set: true }],
  [
    12,
    'jonas',
    13,
    {
      kind: 'edit',
      text: 'Then we could start on Monday, if the weather holds. The crane is ours from eight to noon.',
    },
  ],
  [5, 'mira', 14, { kind: 'react', emoji: '☕', set: true }],
  [4, 'ana', 14, { kind: 'react', emoji: '☕', set: true }],
];
/** The number of the group's messages that Ana has not read. */
const unreadLines = 3;

/** Conversations of several people, for pictures and for accessibility tests. */
export class Demonstration {
  private constructor(
    private readonly conversations: ConversationsUnderTest,
    private readonly people: Record<Name, Person>,
    /** A group with all kinds of text. */
    readonly groupId: string,
    /** A public channel without Ana. */
    readonly gardenId: string,
  ) {}

  /** Creates the people and conversations. Ana is in most of them, and two of the others are online. */
  static async make(server: RunningServer, ana: Person): Promise<Demonstration> {
    const people = { ana } as Record<Name, Person>;
    for (const [username, displayName] of Object.entries(names)) {
      const person = await server.person(username);
      await server.call(person, 'updateAccount', { displayName });
      people[username as Name] = person;
    }
    const { mira, jonas, dev, noor, sofia, eli } = people;
    const idsOf = (...some: Person[]) => some.map(({ account }) => account.id);
    const conversations = new ConversationsUnderTest(server.adapters);
    conversations.nowMs = demonstrationNow.getTime() - 3 * yesterday * 60_000;
    const channel = (name: string, description: string) => {
      const kind = { conversationKind: 'channel', name, description } as const;
      return conversations.create(dev.account.id, { ...kind, userIds: idsOf(sofia, eli) });
    };
    const gardenId = await channel('Garden', 'Seeds, soil and slow things');
    await channel('Running club', 'Tuesdays at seven, rain or shine');
    await channel('كتب وقراءة', 'ما نقرؤه هذا الشهر');
    const news = await conversations.create(mira.account.id, {
      conversationKind: 'channel',
      name: 'Announcements',
      description: 'What everyone should know. Few words, seldom.',
      announceOnly: true,
      userIds: idsOf(ana, jonas, dev, sofia),
    });
    const groupId = await conversations.create(mira.account.id, {
      name: 'Harbour project',
      description: 'The pavilion by the water: plans, permits and who brings the coffee.',
      userIds: idsOf(ana, jonas, dev, noor, sofia),
    });
    const demonstration = new Demonstration(conversations, people, groupId, gardenId);
    await demonstration.talk(news, [[3 * 60, 'mira', 'The office is closed on Friday. Enjoy the long weekend!']]);
    await demonstration.direct('eli', [
      [2 * yesterday, 'ana', 'Shall I bring the drawings back tomorrow?'],
      [2 * yesterday - 5, 'eli', 'תודה על אתמול, היה נהדר'],
    ]);
    await demonstration.direct('noor', [
      [yesterday - 60, 'noor', 'صباح الخير! هل وصلتك الرسوم؟'],
      [yesterday - 59, 'noor', 'أرسلتها مساء أمس إلى https://harbour.example/plans'],
    ]);
    await demonstration.direct('jonas', [
      [31, 'ana', 'Are you at the harbour today?'],
      [2, 'jonas', 'Yes, until three. Lunch at the market hall?'],
    ]);
    await demonstration.change(groupId, await demonstration.talk(groupId, harbour));
    for (const { id, headSeq, name } of (await server.call(ana, 'getHomepage', {})).conversations) {
      const seq = id === groupId ? headSeq - unreadLines : headSeq;
      if (name !== 'Announcements') await server.call(ana, 'markRead', { conversationId: id, seq });
    }
    await server.call(mira, 'markRead', { conversationId: groupId, seq: 12 });
    for (const person of [jonas, mira]) await server.wire(person);
    return demonstration;
  }

  private async direct(name: Name, lines: readonly Line[]): Promise<void> {
    const { people, conversations } = this;
    conversations.nowMs = demonstrationNow.getTime() - (lines[0]?.[0] ?? 0) * 60_000;
    await this.talk(await conversations.openDirect(people.ana.account.id, people[name].account.id), lines);
  }

  /** Returns the numbers of the messages. */
  private async talk(conversationId: string, lines: readonly Line[]): Promise<number[]> {
    const seqs: number[] = [];
    for (const [minutesAgo, name, text, repliesTo] of lines) {
      this.conversations.nowMs = demonstrationNow.getTime() - minutesAgo * 60_000;
      const replyTo = repliesTo === undefined ? undefined : seqs[repliesTo];
      const sent = { kind: 'send', text, ...(replyTo !== undefined && { replyTo }) } as const;
      const { seq } = await this.conversations.entryOf({ ...this.fieldsOf(conversationId, name), ...sent });
      seqs.push(seq);
    }
    return seqs;
  }

  private async change(conversationId: string, seqs: readonly number[]): Promise<void> {
    for (const [minutesAgo, name, line, change] of harbourChanges) {
      const acceptedAtMs = demonstrationNow.getTime() - minutesAgo * 60_000;
      this.conversations.nowMs = acceptedAtMs;
      const base = { ...this.fieldsOf(conversationId, name), seq: seqs[line] ?? 0 };
      const command = change.kind === 'edit' ? { ...base, ...change, acceptedAtMs } : { ...base, ...change };
      const [outcome] = (await this.conversations.carryOut(command)).outcomes;
      if (outcome?.kind !== 'amended') throw new Error(`${change.kind} resulted in ${JSON.stringify(outcome)}`);
    }
  }

  private fieldsOf(conversationId: string, name: Name) {
    return { conversationId, actorId: this.people[name].account.id, commandId: crypto.randomUUID() };
  }
}
