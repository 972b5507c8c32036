import { expect } from 'bun:test';
import type { Locator, Page } from 'playwright-core';
import { expectNoViolations } from './support/axe.ts';
import { describeInBrowser } from './support/browser.ts';
import { actionsOf, choose, groupOfMira, jumpAfterAbsence, send } from './support/group.ts';
import type { PersonInBrowser } from './support/person.ts';
import { untilFocused, untilInView } from './support/places.ts';
import { testWith } from './support/test-environment.ts';
import { until } from './support/until.ts';

const head = (page: Page) => page.getByRole('group', { name: 'Replying to' });
const quoteIn = (message: Locator) => message.getByRole('link', { name: /^In reply to/ });
const first = (person: PersonInBrowser) => person.message('Which tables?').first();

describeInBrowser('a reply', () => {
  const test = testWith(groupOfMira);

  test('shows the message that it quotes in its present state, to everybody', async (scene) => {
    const { ana, addBen, amend } = scene;
    const ben = await addBen();
    await choose(ana, first(ana), 'Reply');
    await head(ana.page).getByText('Which tables?').waitFor();
    await untilFocused('the box', ana.box);
    await send(ana, 'The blue ones');
    expect(await head(ana.page).count()).toBe(0);
    const quotes = [ana, ben].map((person) => quoteIn(person.message('The blue ones')));
    for (const quote of quotes) await quote.filter({ hasText: /mira.*Which tables\?$/ }).waitFor();
    await amend({ kind: 'edit', text: 'Which *chairs*?' });
    for (const quote of quotes) await quote.filter({ hasText: /mira.*Which chairs\?.*\(edited\)/ }).waitFor();
    await amend({ kind: 'delete' });
    for (const quote of quotes) await quote.filter({ hasText: 'This message was deleted.' }).waitFor();
    await ben.page.reload();
    await quoteIn(ben.message('The blue ones')).filter({ hasText: 'This message was deleted.' }).waitFor();
    expect(await actionsOf(ana, ana.message('This message was deleted.').first())).not.toContain('Reply');
    expect([...ana.faults, ...ben.faults]).toEqual([]);
  });

  test('starts with Shift+Enter on a message, and is cancelled by Escape', async ({
    ana,
    server,
    mira,
    conversationId,
  }) => {
    const { page } = ana;
    await ana.box.fill('The blue ones');
    await first(ana).focus();
    await page.keyboard.press('Shift+Enter');
    await untilFocused('the box', ana.box);
    await head(page).getByText('Which tables?').waitFor();
    await page.keyboard.press('Escape');
    await head(page).waitFor({ state: 'detached' });
    await untilFocused('the box', ana.box);
    await ana.box.press('Enter');
    await ana.message('The blue ones').getByRole('img', { name: 'Sent' }).waitFor();
    const { entries } = await server.call(mira, 'getHistory', { conversationId });
    expect(entries.at(-1)).not.toHaveProperty('replyTo');
  });

  test('leads to the quoted message by a click or Enter, also if it is not loaded', async (scene) => {
    const { environment, ana, server, mira, conversationId, seq } = scene;
    const texts = Array.from({ length: 250 }, (_, index) => `Crate ${index}`);
    const reply = { conversationId, clientMessageId: 'reply', text: 'The blue ones', replyTo: seq };
    await jumpAfterAbsence(ana, async () => {
      await environment.sayAll(mira, conversationId, texts);
      await server.call(mira, 'sendMessage', reply);
    });
    const quote = quoteIn(ana.message('The blue ones'));
    // The page has the message in no other way: it is brought with the entries.
    await quote.filter({ hasText: 'Which tables?' }).click();
    // The mark of the message is there for a moment only; the focus stays.
    await untilFocused('the quoted message', first(ana));
    await untilInView('the quoted message', first(ana));
    await ana.page.goBack();
    await quote.waitFor();
    // The message that had the focus is no longer there, and the last one gets it.
    await untilFocused('the message with the quote', ana.message('The blue ones'));
    await quote.focus();
    await ana.page.keyboard.press('Enter');
    await untilFocused('the quoted message', first(ana));
    expect(ana.faults).toEqual([]);
  });

  test('is stored with the draft, and is sent when the connection is back', async ({
    ana,
    network,
    server,
    mira,
    ...scene
  }) => {
    const { conversationId, seq } = scene;
    await choose(ana, first(ana), 'Reply');
    await head(ana.page).getByText('Which tables?').waitFor();
    const other = ana.at(await ana.context.newPage());
    await other.page.goto(ana.page.url());
    await head(other.page).getByText('Which tables?').waitFor();
    await ana.box.fill('The blue ones');
    await other.page.waitForFunction(() => document.querySelector('textarea')?.value === 'The blue ones');
    await other.page.close();
    await ana.page.reload();
    await head(ana.page).getByText('Which tables?').waitFor();
    network.cut();
    await ana.page.getByText(/No connection/).waitFor();
    await ana.box.press('Enter');
    const waiting = ana.message('The blue ones');
    await quoteIn(waiting).filter({ hasText: 'Which tables?' }).waitFor();
    await waiting.getByRole('img', { name: 'Waiting for the connection' }).waitFor();
    expect(await head(ana.page).count()).toBe(0);
    network.mend();
    await waiting.getByRole('img', { name: 'Sent' }).waitFor();
    const { entries } = await server.call(mira, 'getHistory', { conversationId });
    expect(entries.at(-1)).toMatchObject({ text: 'The blue ones', replyTo: seq });
  });

  test('to a deleted or missing message is refused with the reason', async (scene) => {
    const { environment, ana, amend, server, mira, conversationId } = scene;
    const { page } = ana;
    const sendButton = page.getByRole('button', { name: 'Send' });
    await choose(ana, first(ana), 'Reply');
    await ana.box.fill('The blue ones');
    await amend({ kind: 'delete' });
    await page.getByRole('alert').getByText('This message was deleted, so you can’t reply to it.').waitFor();
    expect(await sendButton.isDisabled()).toBe(true);
    await ana.box.press('Enter');
    expect(await ana.box.inputValue()).toBe('The blue ones');
    await page.getByRole('button', { name: 'Cancel reply' }).click();
    await untilFocused('the box', ana.box);
    expect(await sendButton.isEnabled()).toBe(true);

    const key = `parley-draft ${await environment.idOf('ana')} ${conversationId}`;
    for (const replyTo of [999, 1, 'x', -1]) {
      const draft = JSON.stringify({ text: 'The blue ones', replyTo, writes: { gone: 9 }, taken: {} });
      await page.evaluate(([name = '', value = '']) => localStorage.setItem(name, value), [key, draft]);
      await page.reload();
      await ana.box.waitFor();
      // A notice, and a number that is beyond the last one, are no messages; other values are no numbers.
      if (typeof replyTo === 'number' && replyTo > 0) {
        await page.getByRole('alert').getByText('There is no such message here').waitFor();
        expect(await sendButton.isDisabled()).toBe(true);
      } else
        await until(
          'a draft without a reply',
          () => sendButton.isEnabled(),
          (isEnabled) => isEnabled,
        );
    }
    const { entries } = await server.call(mira, 'getHistory', { conversationId });
    expect(entries.filter(({ kind }) => kind === 'message')).toHaveLength(1);
  });

  for (const dir of ['ltr', 'rtl']) {
    test(`has no violations of accessibility in ${dir}, on a phone too`, async (scene) => {
      const { ana, server, mira, conversationId, seq } = scene;
      await server.call(mira, 'sendMessage', {
        ...{ conversationId, clientMessageId: 'reply', replyTo: seq },
        text: 'a reply to it',
      });
      await quoteIn(ana.message('a reply to it')).waitFor();
      await choose(ana, first(ana), 'Reply');
      await head(ana.page).waitFor();
      // Colours that fade are measured in between.
      await ana.page.emulateMedia({ reducedMotion: 'reduce' });
      await ana.page.evaluate((chosen) => document.documentElement.setAttribute('dir', chosen), dir);
      for (const width of [1440, 390]) {
        await ana.page.setViewportSize({ width, height: 900 });
        await expectNoViolations(ana.page);
        expect(await ana.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      }
    });
  }
});
