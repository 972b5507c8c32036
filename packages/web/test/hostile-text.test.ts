import { expect } from 'bun:test';
import naughtyStrings from 'big-list-of-naughty-strings';
import { describeInBrowser } from './support/browser.ts';
import { readAll } from './support/read-all.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';

const setUp = async (environment: TestEnvironment) => ({
  server: environment.server,
  ana: await environment.signUp('Ana'),
  anaId: await environment.idOf('ana'),
});

const marks = `a${'\u0301'.repeat(9_999)}`;
const hostile = [
  '<script>document.title="owned"</script>',
  '"><img src=x onerror=document.title="owned">',
  '<style>*{display:none}</style>',
  '\u202egnp.exe\u202c \u2066never closed',
  '{{constructor.constructor("document.title=1")()}}',
  marks,
];
/** Shortens a text to a valid name: no control characters, and none that change the direction. */
const asName = (text: string, max: number) =>
  [...text.replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, ' ')].slice(0, max).join('');

describeInBrowser('hostile text', () => {
  const test = testWith(setUp);

  test('in names, titles and messages is shown literally and has no effect', async ({ ana, anaId, server }) => {
    const { page } = ana;
    const people = await server.people('eve', hostile.length);
    for (const [index, text] of hostile.entries()) {
      const eve = people[index];
      if (!eve) throw new Error('there are fewer people than texts');
      await server.call(eve, 'updateAccount', { displayName: asName(text, 64) });
      const direct = await server.call(eve, 'openDirect', { userId: anaId });
      await server.call(eve, 'sendMessage', { conversationId: direct.id, clientMessageId: `d${index}`, text });
      const group = await server.call(eve, 'createGroup', {
        name: asName(text, 100),
        userIds: [anaId],
        description: text.slice(0, 900),
      });
      await server.call(eve, 'sendMessage', { conversationId: group.id, clientMessageId: `g${index}`, text });
      await page.locator(`a[href="/c/${group.id}"]`).click();
      const row = page.getByRole('article');
      await row.first().waitFor();
      expect(await row.locator('.message-text').textContent()).toBe(text);
      await page.getByRole('button', { name: 'Details', exact: true }).click();
      await page.getByRole('region', { name: 'Members' }).getByText(`@eve${index}`).waitFor();
      const boxes = await page
        .locator('.message, .conversation-row, .conversation-names, .member')
        .evaluateAll((elements) => elements.map((element) => element.getBoundingClientRect().height));
      for (const height of boxes) expect(height).toBeLessThan(400);
    }
    expect(await page.title()).toMatch(/Parley$/);
    expect(await page.locator('script:not([src]), style, [onerror]').count()).toBe(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
  });

  test('is delivered letter for letter, for all naughty strings', async ({ ana, anaId, environment, server }) => {
    const { page } = ana;
    const eve = await server.person('eve');
    const { id } = await server.call(eve, 'openDirect', { userId: anaId });
    const texts = naughtyStrings.filter(
      (text) => text !== '' && !text.includes('\0') && text.isWellFormed() && !text.includes('`'),
    );
    await environment.sayAll(eve, id, texts);
    await page.goto(`${server.url}/c/${id}`);
    await page.getByRole('article').first().waitFor();
    const shown = await readAll(page);
    expect(shown.length).toBe(texts.length);
    expect(shown).toEqual(texts);
    expect(await page.title()).toMatch(/Parley$/);
    expect(ana.faults).toEqual([]);
  });
});
