import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test';
import { type Conversation, ParleyClient } from '@parley/sdk';
import type { Browser, Page } from 'playwright-core';
import { RestorableServer } from '../../server/test/support/restorable-server.ts';
import { describeInBrowser, launchBrowser, openWindow, withServiceWorker } from './support/browser.ts';
import { choose, editBox, note, send } from './support/group.ts';
import { Network } from './support/network.ts';
import { PersonInBrowser, password } from './support/person.ts';
import { untilInView } from './support/places.ts';
import { untilStored } from './support/stored.ts';
import { until } from './support/until.ts';

const sentence = 'The server was restored from a backup.';
const lostSentence = 'your session was lost';

let browser: Browser;
let server: RestorableServer;
let network: Network;
let ana: PersonInBrowser;
let mira: ParleyClient;
let room: Conversation;

/** Waits until the page shows these messages and no others: for a moment, it shows what may be lost. */
async function untilShown(page: Page, expected: readonly string[]): Promise<void> {
  await until(
    `the messages ${expected.join(', ')}`,
    () => page.locator('.message-text').allTextContents(),
    (texts) => texts.join('\n') === expected.join('\n'),
  );
}

async function say(...texts: string[]): Promise<void> {
  await Promise.all(texts.map((text) => room.send(text).sent()));
}

/** Resolves when Mira's client has noticed the restore: her later messages belong to the restored history. */
function miraNotices(): Promise<void> {
  return new Promise((resolve) => {
    const stop = mira.on('restored', ({ conversation }) => {
      if (conversation !== room) return;
      stop();
      resolve();
    });
  });
}

async function restore(): Promise<void> {
  const noticed = miraNotices();
  await server.restore();
  await noticed;
}

/** Logs Ana in again after the backup: the restored server does not know that session. */
async function logInOnAnotherDevice(): Promise<PersonInBrowser> {
  const { context, page, faults } = await openWindow(browser, withServiceWorker);
  await page.goto(`${network.url}/login`);
  await logInAt(page, 'ana');
  const later = PersonInBrowser.loggedIn('Ana', context, page, faults);
  await later.open('Harbour');
  await later.message('lost 3').waitFor();
  return later;
}

async function logInAt(page: Page, username: string): Promise<void> {
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.getByRole('navigation', { name: 'Conversations' }).waitFor();
}

/** Stops the server, then leaves an unsent message and a draft. */
async function leaveUnsent(person: PersonInBrowser): Promise<void> {
  await server.end();
  await person.page.getByText('No connection').waitFor();
  await person.write('written while away');
  await person.message('written while away').getByRole('img', { name: 'Waiting for the connection' }).waitFor();
  await person.box.fill('half a thought');
}

describeInBrowser('a server that was restored from a backup', () => {
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  /** Ana has a group open in a browser, with messages of before and after the backup. */
  beforeEach(async () => {
    server = await RestorableServer.start();
    network = new Network(Number(new URL(server.url).port));
    ana = await PersonInBrowser.signUp(browser, network.url, 'Ana', withServiceWorker);
    mira = new ParleyClient({ url: server.url });
    await mira.signup({ username: 'mira', password });
    mira.connect();
    await mira.live();
    const { users } = await mira.searchUsers({ q: 'ana' });
    room = await mira.conversations.createGroup({ name: 'Harbour', userIds: [users[0]?.id ?? ''] });
    await say('kept 1', 'kept 2');
    await server.backup();
    await say('lost 1', 'lost 2', 'lost 3');
    await ana.open('Harbour');
    await ana.message('lost 3').waitFor();
  });
  afterEach(async () => {
    mira.close();
    await ana.context.close();
    network.close();
    await server.remove();
  });

  test('an open page says so, shows new messages and no longer the lost ones', async () => {
    await restore();
    await ana.page.getByText(sentence).waitFor();
    await say('new 1', 'new 2');
    await ana.message('new 2').waitFor();
    await untilShown(ana.page, ['kept 1', 'kept 2', 'new 1', 'new 2']);
    await ana.page.getByRole('button', { name: 'Close', exact: true }).click();
    await ana.page.getByText(sentence).waitFor({ state: 'hidden' });
    await ana.write('answered');
    await ana
      .message('answered')
      .getByRole('img', { name: /Sent|Read/ })
      .waitFor();
    // A page that is reloaded before learns again that the server was restored.
    await untilStored(ana.page, 'conversations', 'answered');
    await ana.page.reload();
    await ana.message('answered').waitFor();
    await untilShown(ana.page, ['kept 1', 'kept 2', 'new 1', 'new 2', 'answered']);
    expect(await ana.page.getByText(sentence).count()).toBe(0);
    expect(ana.faults).toEqual([]);
  });

  test('a history that grew longer than the lost one is shown completely, in a second tab too', async () => {
    const second = ana.at(await ana.context.newPage());
    await second.page.goto(ana.page.url());
    await second.message('lost 3').waitFor();
    network.cut();
    await restore();
    await say('other 1', 'other 2', 'other 3', 'other 4', 'other 5');
    network.mend();
    for (const { page } of [ana, second]) {
      await page.getByText(sentence).waitFor();
      await page.getByRole('article').filter({ hasText: 'other 5' }).waitFor();
      await page.getByRole('article').filter({ hasText: 'lost 3' }).waitFor({ state: 'detached' });
      await untilShown(page, ['kept 1', 'kept 2', 'other 1', 'other 2', 'other 3', 'other 4', 'other 5']);
    }
    await second.page.getByRole('button', { name: 'Close', exact: true }).click();
    await ana.page.getByText(sentence).waitFor({ state: 'hidden' });
  });

  for (const how of ['left open', 'reloaded'] as const) {
    test(`a page that is ${how} sends unsent messages of a lost session once after logging in again`, async () => {
      const later = await logInOnAnotherDevice();
      await leaveUnsent(later);
      await restore();
      const { page } = later;
      await page.getByText(lostSentence).waitFor();
      if (how === 'reloaded') {
        await page.reload();
        await page.getByText(lostSentence).waitFor();
      }
      expect(await page.getByText('Harbour').count()).toBe(0);
      await logInAt(page, 'ana');
      await page.getByText(sentence).waitFor();
      await later.open('Harbour');
      await later
        .message('written while away')
        .getByRole('img', { name: /Sent|Read/ })
        .waitFor();
      expect(await later.box.inputValue()).toBe('half a thought');
      await untilShown(page, ['kept 1', 'kept 2', 'written while away']);
      const { entries } = await mira.call('getHistory', { conversationId: room.id });
      const texts = entries.flatMap((entry) => (entry.kind === 'message' ? [entry.text] : []));
      expect(texts).toEqual(['kept 1', 'kept 2', 'written while away']);
      await later.context.close();
    });
  }

  test('unsent messages of a lost session are deleted when another account logs in', async () => {
    const later = await logInOnAnotherDevice();
    await leaveUnsent(later);
    await restore();
    await later.page.getByText(lostSentence).waitFor();
    await logInAt(later.page, 'mira');
    await later.open('Harbour');
    await later.message('kept 2').waitFor();
    expect(await later.box.inputValue()).toBe('');
    await later.page.getByRole('link', { name: 'Settings' }).click();
    await later.page.getByRole('button', { name: 'Log out' }).click();
    await later.page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
    await logInAt(later.page, 'ana');
    await later.open('Harbour');
    await later.message('kept 2').waitFor();
    await untilShown(later.page, ['kept 1', 'kept 2']);
    expect(await later.box.inputValue()).toBe('');
    await later.context.close();
  });

  test('unsent messages of a revoked session are deleted', async () => {
    const later = await logInOnAnotherDevice();
    await leaveUnsent(later);
    // The session must end before the page connects again and sends the message.
    network.cut();
    await server.begin();
    const { context } = later;
    const tokens = new ParleyClient({ url: server.url });
    await tokens.login({ username: 'ana', password });
    const { sessions } = await tokens.call('listSessions', {});
    for (const { id, current } of sessions) if (!current) await tokens.call('revokeSession', { sessionId: id });
    network.mend();
    await later.page.getByText('Your session has ended').waitFor();
    await logInAt(later.page, 'ana');
    await later.open('Harbour');
    await later.message('lost 3').waitFor();
    expect(await later.message('written while away').count()).toBe(0);
    await context.close();
  });

  test('a page that is opened after the restore sends unsent messages once, and keeps the draft', async () => {
    await server.end();
    await ana.page.getByText('No connection').waitFor();
    await ana.write('written while away');
    await ana.message('written while away').getByRole('img', { name: 'Waiting for the connection' }).waitFor();
    await ana.box.fill('half a thought');
    await ana.page.goto('about:blank');
    await restore();
    await say('new 1');
    await ana.page.goBack();
    await ana.page.getByText(sentence).waitFor();
    await ana
      .message('written while away')
      .getByRole('img', { name: /Sent|Read/ })
      .waitFor();
    await ana.message('lost 3').waitFor({ state: 'detached' });
    const texts = ['kept 1', 'kept 2', 'new 1', 'written while away'];
    await untilShown(ana.page, texts);
    expect(await ana.box.inputValue()).toBe('half a thought');
    const { entries } = await mira.call('getHistory', { conversationId: room.id });
    expect(entries.flatMap((entry) => (entry.kind === 'message' ? [entry.text] : []))).toEqual(texts);
  });

  test('a person who reads further up stays there', async () => {
    await say(...Array.from({ length: 60 }, (_, index) => `line ${index}`));
    await server.backup();
    await say('lost again');
    const { page } = ana;
    // Not with the time beside it: “line 2” at 08:15 has this text too.
    const line = page.getByRole('log').getByText('line 20', { exact: true });
    const { entries } = await mira.call('getHistory', { conversationId: room.id, limit: 200 });
    const seq = entries.find((entry) => entry.kind === 'message' && entry.text === 'line 20')?.seq;
    await page.goto(`${network.url}/c/${room.id}/${seq}`);
    await untilInView('the line', line);
    await restore();
    await page.getByText(sentence).waitFor();
    await say('new 1');
    await ana.inList('Harbour').getByText('new 1').waitFor();
    await untilInView('the line that was read before', line);
    // The end was not in view: the new message is below.
    expect(await ana.message('new 1').count()).toBe(0);
    await page.getByRole('button', { name: /^Jump to the latest|new messages?$/ }).click();
    await ana.message('new 1').waitFor();
    expect(await ana.message('lost again').count()).toBe(0);
    expect(ana.faults).toEqual([]);
  });

  test('a draft no longer replies to a message that was lost, and the edit of one ends with a note', async () => {
    await send(ana, 'lost own');
    await choose(ana, ana.message('lost 2'), 'Reply');
    await ana.box.fill('half a thought');
    await choose(ana, ana.message('lost own'), 'Edit');
    await editBox(ana).fill('changed');
    await restore();
    await note(ana, 'The message you were editing was deleted.').waitFor();
    await ana.box.waitFor();
    expect(await ana.box.inputValue()).toBe('half a thought');
    await send(ana, 'half a thought');
    const { entries } = await mira.call('getHistory', { conversationId: room.id });
    const last = entries.at(-1);
    expect([last?.kind === 'message' && last.text, last && 'replyTo' in last]).toEqual(['half a thought', false]);
    expect(ana.faults).toEqual([]);
  });
});
