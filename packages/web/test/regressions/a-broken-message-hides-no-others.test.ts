import { expect } from 'bun:test';
import { describeInBrowser } from '../support/browser.ts';
import { type TestEnvironment, testWith } from '../support/test-environment.ts';

/** Makes rendering of certain texts throw. Runs in the page. */
function breakTwoTexts(): void {
  const { canParse } = URL;
  URL.canParse = (url, base) => {
    if (String(url).includes('broken-message')) throw new Error('broken on purpose');
    return canParse.call(URL, url, base);
  };
  const { segment } = Intl.Segmenter.prototype;
  Intl.Segmenter.prototype.segment = function segmentOrThrow(text) {
    if (text.includes('broken-preview')) throw new Error('broken on purpose');
    return segment.call(this, text);
  };
}

async function setUp(environment: TestEnvironment) {
  const { server } = environment;
  const ana = await environment.signUp('Ana');
  const anaId = await environment.idOf('ana');
  const mira = await server.person('mira');
  const { id } = await server.call(mira, 'openDirect', { userId: anaId });
  await ana.context.addInitScript(breakTwoTexts);
  return { ana, anaId, id, server, say: (text: string) => environment.say(mira, id, text) };
}

describeInBrowser('a message that can’t be rendered', () => {
  const test = testWith(setUp);

  test('is shown as plain text, and the messages around it as usual', async ({ ana, id, say, server }) => {
    await say('before it');
    await say('see https://broken-message.example/`a`');
    await say('after it');
    await ana.page.goto(`${server.url}/c/${id}`);
    await ana.message('before it').waitFor();
    await ana.message('after it').waitFor();
    const plain = ana.message('broken-message').filter({ hasNot: ana.page.locator('time') });
    await plain.waitFor();
    expect(await plain.textContent()).toBe('see https://broken-message.example/`a`');
    await ana.write('I can still write');
    await ana.message('I can still write').waitFor();
  });

  test('leaves its preview in the list empty, and the conversation can be opened', async ({ ana, say, server }) => {
    await say(`broken-preview ${'x'.repeat(200)}`);
    await ana.page.goto(server.url);
    await ana.open('mira');
    await ana.message('broken-preview').waitFor();
    await say('the next');
    await ana.page.locator('.row-last').getByText('the next').waitFor();
  });

  test('is not caused by long runs of characters that code and addresses consist of', async ({
    ana,
    anaId,
    environment,
    server,
  }) => {
    const texts = [
      `https://a${')'.repeat(9_990)}`,
      `https://a/${'.).'.repeat(3_330)}`,
      `https://a/${'('.repeat(9_990)}`,
      '`a'.repeat(5_000),
      `x${'`'.repeat(5_000)} ~~~`,
      'https://a.b '.repeat(800),
    ];
    const senders = await server.people('runs', texts.length);
    for (const [index, sender] of senders.entries()) {
      const direct = await server.call(sender, 'openDirect', { userId: anaId });
      const text = texts[index] ?? '';
      await environment.say(sender, direct.id, text);
      await ana.page.goto(`${server.url}/c/${direct.id}`);
      await ana.page.getByRole('article').first().waitFor();
      const shown = (await ana.page.locator('.message-text').first().textContent()) ?? '';
      expect(shown.replaceAll('`', '')).toBe(text.replaceAll('`', ''));
      expect(await ana.page.locator('.message-time').count()).toBe(1);
    }
  });
});
