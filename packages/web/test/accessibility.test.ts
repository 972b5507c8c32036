import { expect } from 'bun:test';
import { ConversationsUnderTest, fields } from '../../server/test/contract/conversations-under-test.ts';
import { expectNoViolations, setTheme } from './support/axe.ts';
import { describeInBrowser } from './support/browser.ts';
import { focusLastMessage, untilFocused } from './support/places.ts';
import { testWith } from './support/test-environment.ts';
import { firstViews, openStart, Scene, views } from './support/views.ts';

/** Colours change at once, not by a transition, which axe would look into. */
const reducedMotion = 'reduce';

describeInBrowser('accessibility', () => {
  const test = testWith(async ({ server }) => ({ scene: await Scene.at(server) }));

  for (const { language, direction } of [
    { language: 'en', direction: 'ltr' },
    { language: 'ar', direction: 'rtl' },
  ]) {
    for (const width of [1_440, 390]) {
      test(`every view complies with WCAG 2.2 AA in both themes at ${width} px, ${direction}`, async (given) => {
        const { scene, environment } = given;
        const options = { viewport: { width, height: 844 }, reducedMotion } as const;
        const page = await scene.logIn(environment.browser, options, { language });
        expect(await page.evaluate(() => document.documentElement.dir)).toBe(direction);
        for (const [name, open] of Object.entries(views)) {
          await open(page, scene);
          await expectNoViolations(page, name, setTheme);
          const beyondPx = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect([name, beyondPx]).toEqual([name, 0]);
        }
      });
    }
  }

  test('the log-in and sign-up views comply with WCAG 2.2 AA', async ({ scene, environment }) => {
    for (const locale of ['en-GB', 'ar-EG']) {
      const { page, context } = await environment.window({ locale, reducedMotion });
      for (const path of Object.values(firstViews)) {
        await page.goto(scene.server.url + path);
        await page.getByRole('heading').waitFor();
        await expectNoViolations(page);
      }
      await context.close();
    }
  });

  test('the view of a new account complies with WCAG 2.2 AA', async ({ scene, environment }) => {
    for (const [name, width] of [
      ['Wide', 1_440],
      ['Phone', 390],
    ] as const) {
      for (const locale of ['en-GB', 'ar-EG']) {
        const viewport = { width, height: 844 };
        const { page, context } = await environment.window({ viewport, locale, reducedMotion });
        await openStart(page, scene, `${name}-${locale}`.toLowerCase());
        await expectNoViolations(page);
        await context.close();
      }
    }
  });

  test('a conversation is started, written in and left by keyboard alone', async ({ environment }) => {
    const ana = await environment.signUp('Kim');
    const { page } = ana;
    await page.keyboard.press('Control+k');
    await untilFocused('the search field', page.getByRole('combobox'));
    await page.keyboard.type('jonas');
    await page.getByRole('option', { name: /Jonas/ }).waitFor();
    await page.keyboard.press('Enter');
    await untilFocused('the box', ana.box);
    await page.keyboard.type('By keys alone');
    await page.keyboard.press('Enter');
    await ana.message('By keys alone').waitFor();
    await focusLastMessage(ana, ana.message('By keys alone'));
    await page.keyboard.press('Escape');
    await untilFocused('the box', ana.box);
  });

  test('the dialogs of bans comply with WCAG 2.2 AA', async ({ scene, environment }) => {
    const [ana, mira, jonas] = await Promise.all(['ana', 'mira', 'jonas'].map((name) => environment.idOf(name)));
    const conversations = new ConversationsUnderTest(environment.server.adapters);
    const kind = { conversationKind: 'channel', name: 'Moderated' } as const;
    const id = await conversations.create(ana ?? '', { ...kind, userIds: [mira ?? ''] });
    await conversations.entryOf({ ...fields(id, ana ?? ''), kind: 'ban', userId: jonas ?? '' });
    for (const language of ['en', 'ar']) {
      for (const width of [1_440, 390]) {
        const options = { viewport: { width, height: 844 }, reducedMotion } as const;
        const page = await scene.logIn(environment.browser, options, { language });
        await page.goto(`${scene.server.url}/c/${id}`);
        await page.locator('.view-head button').click();
        await page.locator('.details-actions button:has(.lucide-ban)').click();
        await page.locator('.dialog .member').waitFor();
        await expectNoViolations(page);
        await page.keyboard.press('Escape');
        await page.locator('.members .icon-button').click();
        await page.getByRole('menuitem').last().click();
        await page.locator('.dialog .danger').waitFor();
        await expectNoViolations(page);
        await page.context().close();
      }
    }
  });

  test('no view scrolls sideways at 200 % zoom', async ({ scene, environment }) => {
    // Zooming to 200 % gives a page half the size at twice the pixel ratio.
    const options = { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 };
    const page = await scene.logIn(environment.browser, options, {});
    for (const open of Object.values(views)) {
      await open(page, scene);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    }
  });
});
