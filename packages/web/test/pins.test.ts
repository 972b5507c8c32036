import { expect } from 'bun:test';
import type { Locator } from 'playwright-core';
import { expectNoViolations } from './support/axe.ts';
import { describeInBrowser } from './support/browser.ts';
import { actionsOf, choose, groupOfMira, jumpAfterAbsence, send } from './support/group.ts';
import { showLatest } from './support/latest.ts';
import type { PersonInBrowser } from './support/person.ts';
import { untilFocused, untilInView } from './support/places.ts';
import { testWith } from './support/test-environment.ts';
import { until } from './support/until.ts';

const first = (person: PersonInBrowser) => person.message('Which tables?').first();
const mark = (message: Locator) => message.getByText('Pinned', { exact: true });

async function openPins({ page }: PersonInBrowser): Promise<Locator> {
  await page.getByRole('button', { name: 'Details', exact: true }).click();
  return page.getByRole('region', { name: 'Pinned messages' });
}

async function untilPinned(pins: Locator, texts: string[]): Promise<void> {
  await until(
    'the pinned messages',
    () => pins.locator('.pin-text').allTextContents(),
    (found) => JSON.stringify(found) === JSON.stringify(texts),
  );
}

describeInBrowser('pinned messages', () => {
  const test = testWith(async (environment) => {
    const scene = await groupOfMira(environment);
    /** Gives Ana another role. */
    const makeAna = async (role: 'admin' | 'member') => {
      const userId = await environment.idOf('ana');
      await scene.server.call(scene.mira, 'setRole', { conversationId: scene.conversationId, userId, role });
      await scene.ana.page
        .getByText(new RegExp(`made .*Ana.*${role}`))
        .last()
        .waitFor();
    };
    return { ...scene, makeAna };
  });

  test('are marked and listed for everybody, and owners and admins pin and unpin', async (scene) => {
    const { ana, addBen, amend, makeAna } = scene;
    const ben = await addBen();
    expect(await actionsOf(ana, first(ana))).not.toContain('Pin');
    await makeAna('admin');
    const pins = await openPins(ben);
    await pins.getByText('No pinned messages.').waitFor();
    await choose(ana, first(ana), 'Pin');
    for (const person of [ana, ben]) await mark(first(person)).waitFor();
    await untilFocused('the message', first(ana));
    await untilPinned(pins, ['Which tables?']);
    await send(ana, 'The blue ones');
    await choose(ana, ana.message('The blue ones'), 'Pin');
    await untilPinned(pins, ['The blue ones', 'Which tables?']);
    await amend({ kind: 'edit', text: 'Which *chairs*?' });
    await untilPinned(pins, ['The blue ones', 'Which chairs?']);
    await amend({ kind: 'delete' });
    await untilPinned(pins, ['The blue ones']);
    expect(await mark(ana.message('This message was deleted.').first()).count()).toBe(0);
    expect(await actionsOf(ben, ben.message('The blue ones'))).not.toContain('Unpin');
    await choose(ana, ana.message('The blue ones'), 'Unpin');
    await pins.getByText('No pinned messages.').waitFor();
    for (const person of [ana, ben]) await mark(person.message('The blue ones')).waitFor({ state: 'detached' });
    expect([...ana.faults, ...ben.faults]).toEqual([]);
  });

  test('are pinned by both in a direct chat', async ({ ana, addBen }) => {
    const ben = await addBen();
    await ana.openDirect('Ben');
    await send(ana, 'Just us');
    await ben.open('Ana');
    await choose(ben, ben.message('Just us'), 'Pin');
    await mark(ana.message('Just us')).waitFor();
    await choose(ana, ana.message('Just us'), 'Unpin');
    await mark(ben.message('Just us')).waitFor({ state: 'detached' });
  });

  test('lead to their places, on a phone too', async (scene) => {
    const { environment, ana, mira, conversationId, amend } = scene;
    await amend({ kind: 'pin', set: true });
    const texts = Array.from({ length: 250 }, (_, index) => `Crate ${index}`);
    await jumpAfterAbsence(ana, () => environment.sayAll(mira, conversationId, texts));
    for (const width of [1440, 390]) {
      await ana.page.setViewportSize({ width, height: 844 });
      await ana.page.goto(`${new URL(ana.page.url()).origin}/c/${conversationId}`);
      await showLatest(ana.page, (shown) => shown.at(-1) === 'Crate 249');
      expect(await first(ana).count()).toBe(0);
      const pins = await openPins(ana);
      await pins.getByRole('link', { name: /Which tables\?/ }).press('Enter');
      await untilFocused('the pinned message', first(ana));
      await untilInView('the pinned message', first(ana));
      // Beside the messages, the details stay open.
      expect(await pins.count()).toBe(width === 1440 ? 1 : 0);
    }
    expect(ana.faults).toEqual([]);
  });

  test('are limited to 50: the 51st is refused with the reason, and loses its mark', async (scene) => {
    const { environment, ana, mira, conversationId, amend, makeAna } = scene;
    await makeAna('admin');
    for (let index = 0; index < 50; index++) {
      const { seq } = await environment.say(mira, conversationId, `Crate ${index}`);
      await amend({ kind: 'pin', set: true }, mira, seq);
    }
    const { seq } = await environment.say(mira, conversationId, 'One more');
    await ana.page.goto(`${new URL(ana.page.url()).origin}/c/${conversationId}/${seq}`);
    await choose(ana, ana.message('One more'), 'Pin');
    await ana.page.getByRole('status').filter({ hasText: 'at most 50 pinned messages' }).waitFor();
    await mark(ana.message('One more')).waitFor({ state: 'detached' });
    const pins = await openPins(ana);
    await until(
      '50 pinned messages',
      () => pins.getByRole('link').count(),
      (count) => count === 50,
    );
    await amend({ kind: 'pin', set: false }, mira, seq - 1);
    await until(
      '49 pinned messages',
      () => pins.getByRole('link').count(),
      (count) => count === 49,
    );
    await choose(ana, ana.message('One more'), 'Pin');
    await mark(ana.message('One more')).waitFor();
    await until(
      '50 pinned messages',
      () => pins.getByRole('link').count(),
      (count) => count === 50,
    );
  });

  for (const dir of ['ltr', 'rtl']) {
    test(`have no violations of accessibility in ${dir}, on a phone too`, async ({ ana, amend }) => {
      await amend({ kind: 'pin', set: true });
      await mark(first(ana)).waitFor();
      const pins = await openPins(ana);
      await pins.getByRole('link').waitFor();
      // Colours that fade are measured in between.
      await ana.page.emulateMedia({ reducedMotion: 'reduce' });
      await ana.page.evaluate((chosen) => document.documentElement.setAttribute('dir', chosen), dir);
      for (const width of [1440, 390]) {
        await ana.page.setViewportSize({ width, height: 844 });
        // The details get the heading of the page when they are shown alone.
        await ana.page.locator('h1:visible').waitFor();
        await expectNoViolations(ana.page);
        expect(await ana.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      }
    });
  }
});
