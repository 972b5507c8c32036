import type { Account } from '@parley/protocol';
import type { Person, RunningServer } from '../../../server/test/support/running-server.ts';

const names = {
  mira: 'Mira Lindqvist',
  jonas: 'Jonas Weber',
  noor: 'نور الخطيب',
  sofia: 'Σοφία Νικολάου',
  dev: 'Dev Patel',
  eli: 'אלי כהן',
};
type Name = keyof typeof names;

/** A place where people have talked: what pictures show, and what is examined. */
export class Demonstration {
  private constructor(
    private readonly server: RunningServer,
    private readonly people: Record<Name, Person>,
    /** A group with a bit of everything. */
    readonly groupId: string,
  ) {}

  /** With this account in the middle of it. */
  static async make(server: RunningServer, account: Account): Promise<Demonstration> {
    const people = {} as Record<Name, Person>;
    for (const [username, displayName] of Object.entries(names)) {
      const person = await server.person(username);
      await server.call(person, 'updateAccount', { displayName });
      people[username as Name] = person;
    }
    const { mira, jonas, dev, noor, sofia, eli } = people;
    const ids = [jonas, dev, noor, sofia].map((person) => person.account.id);
    const group = await server.call(mira, 'createGroup', {
      name: 'Harbour project',
      description: 'The pavilion by the water: plans, permits and who brings the coffee.',
      userIds: [account.id, ...ids],
    });
    const demonstration = new Demonstration(server, people, group.id);
    await demonstration.talk();
    const news = await server.call(mira, 'createChannel', {
      name: 'Announcements',
      description: 'What everyone should know. Few words, seldom.',
      announceOnly: true,
    });
    await server.call(mira, 'addMembers', { conversationId: news.id, userIds: [account.id] });
    await demonstration.say('mira', news.id, 'The office is closed on Friday. Enjoy the long weekend!');
    for (const [name, description] of [
      ['Garden', 'Seeds, soil and slow things'],
      ['Running club', 'Tuesdays at seven, rain or shine'],
      ['كتب وقراءة', 'ما نقرؤه هذا الشهر'],
    ] as const) {
      const { id } = await server.call(dev, 'createChannel', { name, description });
      for (const person of [sofia, eli]) await server.call(person, 'joinChannel', { conversationId: id });
    }
    await demonstration.direct('noor', account, [
      'صباح الخير! هل وصلتك الرسوم؟',
      'أرسلتها مساء أمس إلى https://harbour.example/plans',
    ]);
    await demonstration.direct('eli', account, ['תודה על אתמול, היה נהדר']);
    await demonstration.direct('jonas', account, ['Lunch at the market hall?']);
    return demonstration;
  }

  private async talk(): Promise<void> {
    const { groupId } = this;
    const lines: readonly (readonly [Name, string])[] = [
      ['mira', 'Morning! The permit for the pavilion came through!'],
      ['jonas', 'At last. That was the last thing on the list, wasn’t it?'],
      ['mira', 'Nearly. The harbour office wants the load tables again, with the new beams.'],
      [
        'dev',
        'I can regenerate them, it is one command:\n```sh\nload-tables --beams new \\\n  --format pdf > tables.pdf\n```',
      ],
      ['noor', 'ممتاز، سأراجعها مساءً وأرسل الملاحظات.'],
      ['sofia', 'Ενημέρωσα και τα σχέδια των θεμελίων. Κοιτάξτε τα αύριο.'],
      ['jonas', 'Plans are at https://harbour.example/plans/pavilion?rev=7 for whoever needs them.'],
      ['dev', 'Done. `tables.pdf` is with the office.'],
      ['dev', 'They said they would look at it today.'],
      ['mira', 'Wonderful, thank you both.'],
      ['jonas', 'Then we could start on Monday, if the weather holds. The crane is ours from eight to noon.'],
      ['sofia', 'I will be there at seven with the coffee.'],
    ];
    for (const [name, text] of lines) await this.say(name, groupId, text);
  }

  private async direct(name: Name, account: Account, texts: readonly string[]): Promise<void> {
    const { id } = await this.server.call(this.people[name], 'openDirect', { userId: account.id });
    for (const text of texts) await this.say(name, id, text);
  }

  async say(name: Name, conversationId: string, text: string): Promise<void> {
    await this.server.call(this.people[name], 'sendMessage', {
      conversationId,
      clientMessageId: crypto.randomUUID(),
      text,
    });
  }
}
