import { expect } from 'bun:test';
import type { Locator } from 'playwright-core';
import { expectNoViolations } from './support/axe.ts';
import { describeInBrowser } from './support/browser.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';
import { untilAtRest } from './support/view.ts';

/** Ana in a browser, in the direct chat that Mira opened. */
async function setUp(environment: TestEnvironment) {
  const { server } = environment;
  const ana = await environment.signUp('Ana');
  const mira = await server.person('mira');
  const { id } = await server.call(mira, 'openDirect', { userId: await environment.idOf('ana') });
  const say = (text: string) => environment.say(mira, id, text);
  await say('before');
  await ana.open('mira');
  await ana.message('before').waitFor();
  /** The text of the last message, when it shows this. */
  const shown = async (text: string): Promise<Locator> => {
    const last = ana.page.locator('.message-text').filter({ hasText: text }).last();
    await last.waitFor();
    return last;
  };
  return { ana, say, shown, server, id, mira };
}

/** The elements within an element, with their texts: `strong b` for `<strong>b</strong>`. */
function elementsIn(element: Locator): Promise<string[]> {
  return element.evaluate((root) =>
    [...root.querySelectorAll('*')].map((one) => `${one.localName} ${one.textContent}`),
  );
}

describeInBrowser('formatting', () => {
  const test = testWith(setUp);

  test('is shown by elements that say what it means', async ({ say, shown }) => {
    await say('**b** *i* ~~s~~ `c` ***bi***');
    expect(await elementsIn(await shown('bi'))).toEqual(['strong b', 'em i', 's s', 'code c', 'em bi', 'strong bi']);
    await say('> quoted **q**\nanswer');
    const quote = (await shown('answer')).getByRole('blockquote');
    expect(await quote.textContent()).toBe('quoted q');
    await say('3. third\n4. fourth\n   - below');
    const list = await shown('fourth');
    expect(await list.getByRole('listitem').count()).toBe(3);
    expect(await list.textContent()).toBe('3. third4. fourth– below');
    await say('# no heading\n2*3*4 snake_case >:(');
    expect(await (await shown('heading')).evaluate((one) => one.innerHTML)).toBe(
      '# no heading\n2*3*4 snake_case &gt;:(',
    );
  });

  test('of a link shows where it leads', async ({ say, shown }) => {
    await say('the [**plan**](https://harbour.example/a?b=c)');
    const message = await shown('plan');
    expect(await message.textContent()).toBe('the plan (harbour.example)');
    const link = message.getByRole('link', { name: 'plan' });
    expect(await link.getAttribute('href')).toBe('https://harbour.example/a?b=c');
    expect(await link.getAttribute('rel')).toBe('noopener noreferrer nofollow');
    await say('[https://bank.example](https://evil.example) [a](javascript:alert(1))');
    const hrefs = await (await shown('bank'))
      .getByRole('link')
      .evaluateAll((all) => all.map((one) => one.getAttribute('href')));
    expect(hrefs).toEqual(['https://bank.example/', 'https://evil.example/']);
  });

  test('keeps empty lines beside blocks, and moves nothing when code gets its colours', async ({ ana, say, shown }) => {
    await say('a\n- b');
    const without = (await (await shown('a')).boundingBox())?.height ?? 0;
    await say('c\n\n- d');
    const withEmptyLine = (await (await shown('c')).boundingBox())?.height ?? 0;
    expect(withEmptyLine).toBeGreaterThan(without + 10);
    const { promise: isMeasured, resolve: release } = Promise.withResolvers<void>();
    await ana.page.route('**/assets/highlight-worker-*.js', async (route) => {
      await isMeasured;
      await route.continue();
    });
    await say('```ts\nconst harbour = 1; // one\n```\nafter the code');
    const code = await shown('after the code');
    await untilAtRest(ana.page);
    const box = async () => {
      const { y = 0, height = 0 } = (await code.boundingBox()) ?? {};
      return { y, height };
    };
    const before = await box();
    expect(await code.locator('.code-keyword').count()).toBe(0);
    release();
    await code.locator('.code-keyword').waitFor();
    expect(await box()).toEqual(before);
    expect(await code.locator('.code-keyword').textContent()).toBe('const');
    expect(await code.locator('pre').textContent()).toBe('const harbour = 1; // one');
    expect(ana.faults).toEqual([]);
  });

  test('loads the colours of code with the first code in a language, and not before', async ({ ana, say, shown }) => {
    const scripts = () => ana.page.workers().map((worker) => new URL(worker.url()).pathname);
    await say('```\nno language\n``` and `code`');
    await shown('no language');
    expect(scripts().filter((path) => path.includes('highlight'))).toEqual([]);
    await say('```nonsense\nunknown\n```');
    await shown('unknown');
    await say('```py\nimport os\n```');
    await (await shown('import')).locator('.code-keyword').waitFor();
    expect(scripts().filter((path) => path.includes('highlight')).length).toBe(1);
  });

  test('is not in previews, notifications and announcements', async ({ ana, say, server }) => {
    await say('**Lunch** at [noon](https://a.example) `x`');
    await ana.page.getByRole('status').filter({ hasText: 'mira: Lunch at noon x' }).waitFor();
    await ana.page.locator('.row-last').getByText('Lunch at noon x', { exact: true }).waitFor();
    await ana.write('_mine_ 2*3*4');
    await ana.page
      .locator('.row-last')
      .getByText(/^You: .mine 2\*3\*4.$/)
      .waitFor();
    await ana.page.goto(server.url);
    await ana.page
      .locator('.row-last')
      .getByText(/^You: .mine 2\*3\*4.$/)
      .waitFor();
  });

  test('complies with WCAG 2.2 AA in both themes, in messages of both sides and in both directions', async ({
    ana,
    say,
  }) => {
    await ana.page.emulateMedia({ reducedMotion: 'reduce' });
    const code = '```ts\n// why\n@a class B { c = "d" + 1; }\n```\n```diff\n-a\n+b\n```';
    const others = '> **b** *i* ~~s~~ `c`\n\n1. [link](https://a.example/b)\n   - https://c.example\n';
    for (const text of [others, `קוד **מודגש**\n- א\n> ב`, code]) {
      await say(text);
      await ana.write(text.trim());
    }
    const colours = ['comment', 'keyword', 'name', 'value', 'string', 'removed'];
    for (const side of ['.message-mine', '.message:not(.message-mine)'])
      for (const colour of colours) await ana.page.locator(`${side} .code-${colour}`).first().waitFor();
    await expectNoViolations(ana.page);
  });

  test('of hostile text becomes no markup and no script', async ({ ana, say, shown }) => {
    const attack = '<img src=x onerror=document.title="owned"><script>document.title="owned"</script>';
    const texts = [
      `**${attack}**`,
      `*${attack}*`,
      `~~${attack}~~`,
      `\`${attack}\``,
      `\`\`\`html\n${attack}\n\`\`\``,
      `\`\`\`${attack}\nx\n\`\`\``,
      `> ${attack}`,
      `- ${attack}`,
      `1. ${attack}`,
      `[${attack}](https://a.example)`,
      `[a](https://a.example/"onmouseover="alert(1))`,
      `[\u202eelpmaxe.knab//:sptth](https://evil.example)`,
    ];
    for (const [index, text] of texts.entries()) {
      await say(`${text}\n\nnumber ${index}`);
      await shown(`number ${index}`);
    }
    await ana.page.locator('.code-name').first().waitFor();
    expect(await ana.page.title()).toMatch(/Parley$/);
    const page = ana.page.locator('.message-text');
    expect(await page.locator('img, script, style, [onerror], [onmouseover]').count()).toBe(0);
    expect(await ana.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    expect(ana.faults).toEqual([]);
  });

  test('that is nested or repeated without end is shown', async ({ ana, environment, server }) => {
    const texts = [
      '*'.repeat(10_000),
      '>'.repeat(10_000),
      '> '.repeat(5_000),
      `${'- '.repeat(4_999)}a`,
      '*a _b **c ~~d '.repeat(700),
      '*a* '.repeat(2_500),
      '- a\n'.repeat(2_500),
      '[a](https://b.c) '.repeat(550),
    ];
    const senders = await server.people('deep', texts.length);
    const anaId = await environment.idOf('ana');
    for (const [index, sender] of senders.entries()) {
      const direct = await server.call(sender, 'openDirect', { userId: anaId });
      await environment.say(sender, direct.id, texts[index] ?? '');
      await ana.page.goto(`${server.url}/c/${direct.id}`);
      await ana.page.getByRole('article').first().waitFor();
      // A message that can't be rendered has no time.
      expect(await ana.page.locator('.message-time').count()).toBe(1);
    }
    await ana.write('I can still write');
    await ana.message('I can still write').waitFor();
    expect(ana.faults).toEqual([]);
  });

  test('by Ctrl+B and Ctrl+I is put around the selection and taken away, and can be undone and done again', async ({
    ana,
    shown,
  }) => {
    const { box, page } = ana;
    const selected = () =>
      box.evaluate((field) => {
        const { value, selectionStart, selectionEnd } = field as HTMLTextAreaElement;
        return value.slice(selectionStart, selectionEnd);
      });
    await box.pressSequentially('see you at noon');
    for (let count = 0; count < 4; count++) await page.keyboard.press('Shift+ArrowLeft');
    await page.keyboard.press('Control+b');
    expect(await box.inputValue()).toBe('see you at **noon**');
    expect(await selected()).toBe('noon');
    await page.keyboard.press('Control+i');
    expect(await box.inputValue()).toBe('see you at ***noon***');
    await page.keyboard.press('Control+b');
    expect(await box.inputValue()).toBe('see you at *noon*');
    await page.keyboard.press('Control+z');
    expect(await box.inputValue()).toBe('see you at ***noon***');
    await page.keyboard.press('Control+z');
    expect(await box.inputValue()).toBe('see you at **noon**');
    await page.keyboard.press('Control+Shift+z');
    expect(await box.inputValue()).toBe('see you at ***noon***');
    await page.keyboard.press('Enter');
    expect(await elementsIn(await shown('see you'))).toEqual(['em noon', 'strong noon']);
    expect(ana.faults).toEqual([]);
  });

  test('by these keys is put around the caret, also with a keyboard that types no Latin letters', async ({ ana }) => {
    const { box } = ana;
    await box.focus();
    await box.dispatchEvent('keydown', { key: 'и', code: 'KeyB', ctrlKey: true, bubbles: true, cancelable: true });
    expect(await box.inputValue()).toBe('****');
    await ana.page.keyboard.type('a');
    expect(await box.inputValue()).toBe('**a**');
    await box.dispatchEvent('keydown', { key: 'b', code: 'KeyB', ctrlKey: true, altKey: true, bubbles: true });
    expect(await box.inputValue()).toBe('**a**');
  });
});
