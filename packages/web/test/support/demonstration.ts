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

/** A message: minutes before {@link demonstrationNow}, the sender, and the text. */
type Line = readonly [minutesAgo: number, name: Name, text: string];

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
  [23, 'jonas', 'Plans are at https://harbour.example/plans/pavilion?rev=7 for whoever needs them.'],
  [14, 'jonas', 'Then we could start on Monday, if the weather holds. The crane is ours from eight to noon.'],
  [6, 'sofia', 'I will be there at seven with the coffee.'],
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
    for (const [name, description] of [
      ['Garden', 'Seeds, soil and slow things'],
      ['Running club', 'Tuesdays at seven, rain or shine'],
      ['كتب وقراءة', 'ما نقرؤه هذا الشهر'],
    ] as const) {
      const kind = { conversationKind: 'channel', name, description } as const;
      await conversations.create(dev.account.id, { ...kind, userIds: idsOf(sofia, eli) });
    }
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
    const demonstration = new Demonstration(conversations, people, groupId);
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
    await demonstration.talk(groupId, harbour);
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

  private async talk(conversationId: string, lines: readonly Line[]): Promise<void> {
    for (const [minutesAgo, name, text] of lines) {
      this.conversations.nowMs = demonstrationNow.getTime() - minutesAgo * 60_000;
      await this.conversations.send(conversationId, this.people[name].account.id, text);
    }
  }
}
