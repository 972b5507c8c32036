import { expect } from 'bun:test';
import { describeInBrowser } from './support/browser.ts';
import { PersonInBrowser } from './support/person.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';

const long = 'A long draft that somebody wrote for a quarter of an hour.';

/** Two tabs of Ana's browser with the same conversation open. */
async function setUp(environment: TestEnvironment, isShared: boolean) {
  await environment.server.person('ben');
  const { context, page, faults } = await environment.window();
  if (!isShared) await context.addInitScript(() => Reflect.deleteProperty(globalThis, 'SharedWorker'));
  const first = await PersonInBrowser.signUpAt(context, page, environment.server.url, 'Ana', faults);
  await first.openDirect('ben');
  const anotherTab = async () => {
    const tab = first.at(await context.newPage());
    await tab.page.goto(page.url());
    await tab.box.waitFor();
    return tab;
  };
  const second = await anotherTab();
  /** Waits until the box of each tab has this text. */
  const bothShow = async (text: string, tabs = [first, second]) => {
    for (const tab of tabs) {
      await tab.page.waitForFunction(
        (wanted) => document.querySelector<HTMLTextAreaElement>('form.composer textarea')?.value === wanted,
        text,
      );
    }
  };
  const messages = () => page.locator('.message-text').allTextContents();
  return { first, second, anotherTab, bothShow, messages };
}

for (const { what, isShared } of [
  { what: 'a draft in two tabs', isShared: true },
  { what: 'a draft in two tabs of a browser without shared workers', isShared: false },
]) {
  describeInBrowser(what, () => {
    const test = testWith((environment) => setUp(environment, isShared));

    test('typing a letter in one tab keeps the long draft of the other', async ({ first, second, bothShow }) => {
      await first.box.fill(long);
      await bothShow(long);
      await second.box.press('End');
      await second.box.pressSequentially(' x');
      await bothShow(`${long} x`);
      await first.box.press('End');
      await first.box.pressSequentially(', y');
      await bothShow(`${long} x, y`);
    });

    test('sending a draft in one tab clears it in the other, where Enter then sends nothing', async (scene) => {
      const { first, second, bothShow, messages } = scene;
      await first.box.fill('Sent once');
      await bothShow('Sent once');
      await first.box.press('Enter');
      await second.message('Sent once').waitFor();
      await bothShow('');
      await second.box.press('Enter');
      await second.write('And another');
      await first.message('And another').waitFor();
      expect(await messages()).toEqual(['Sent once', 'And another']);
      await first.box.press('Control+z');
      await second.box.press('Control+z');
      await second.page.reload();
      await second.message('And another').waitFor();
      await bothShow('');
    });

    test('two texts typed at the same time are both kept, in both tabs', async (scene) => {
      const { first, second, bothShow } = scene;
      const { promise: held, resolve: release } = Promise.withResolvers<void>();
      await second.page.route('**/held', async (route) => {
        await held;
        await route.fulfill({ body: '' });
      });
      const isWaiting = second.page.waitForRequest('**/held');
      // The second tab is blocked until the first has its text, and types before it gets the event.
      const typed = second.box.evaluate((box: HTMLTextAreaElement) => {
        const request = new XMLHttpRequest();
        request.open('GET', '/v1/held', false);
        request.send();
        const { set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value') ?? {};
        set?.call(box, 'Something else');
        box.dispatchEvent(new Event('input', { bubbles: true }));
      });
      await isWaiting;
      await first.box.fill(long);
      release();
      await typed;
      await bothShow(`${long}\nSomething else`);
    });

    test('typing in one tab keeps caret and selection of the other in place', async (scene) => {
      const { first, second, bothShow } = scene;
      await first.box.fill('one two three');
      await bothShow('one two three');
      await first.box.evaluate((box: HTMLTextAreaElement) => box.setSelectionRange(4, 7));
      await second.box.press('Home');
      await second.box.pressSequentially('zero ');
      await bothShow('zero one two three');
      const selected = (box: HTMLTextAreaElement) => box.value.slice(box.selectionStart, box.selectionEnd);
      expect(await first.box.evaluate(selected as never)).toBe('two');
    });

    test('a text that an input method is composing does not change', async (scene) => {
      const { first, second, bothShow } = scene;
      const input = await first.context.newCDPSession(first.page);
      await first.box.focus();
      await input.send('Input.imeSetComposition', { text: 'にほ', selectionStart: 2, selectionEnd: 2 });
      await second.box.fill(long);
      await input.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 });
      expect(await first.box.inputValue()).toBe('にほん');
      await input.send('Input.insertText', { text: '日本' });
      await bothShow(`${long}\n日本`);
    });

    test('the message of a tab that is closed right after Enter is sent once, and its draft is cleared', async (scene) => {
      const { first, second, bothShow, messages } = scene;
      await second.box.fill('Last words');
      await bothShow('Last words');
      // The page is unloaded before it gets an answer.
      await second.box.evaluate((box) => {
        box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
        location.reload();
      });
      await first.message('Last words').waitFor();
      await second.message('Last words').getByRole('img', { name: 'Sent' }).waitFor();
      await bothShow('');
      expect((await messages()).filter((text) => text === 'Last words')).toEqual(['Last words']);
      await first.page.waitForFunction(() => Object.keys(localStorage).every((key) => !key.startsWith('parley-draft')));
    });

    test('a tab that was frozen shows the changes of the other tab after it resumes', async (scene) => {
      const { first, second, bothShow } = scene;
      await first.box.fill('Before');
      await bothShow('Before');
      const lifecycle = await second.context.newCDPSession(second.page);
      await lifecycle.send('Page.setWebLifecycleState', { state: 'frozen' });
      await first.box.press('Enter');
      await first.message('Before').waitFor();
      await first.box.fill('After');
      await lifecycle.send('Page.setWebLifecycleState', { state: 'active' });
      await bothShow('After');
    });

    test('a draft is kept when all tabs are closed, under the account', async (scene) => {
      const { first, second, anotherTab, bothShow } = scene;
      await first.box.fill(long);
      await bothShow(long);
      await second.page.close();
      await first.page.reload();
      await bothShow(long, [first, await anotherTab()]);
      const keys = await first.page.evaluate(() => Object.keys(localStorage));
      const conversationId = first.page.url().split('/').at(-1);
      expect(keys.filter((key) => key.startsWith('parley-draft ')).map((key) => key.split(' ').at(-1))).toEqual([
        conversationId ?? '',
      ]);
      expect(first.faults).toEqual([]);
    });
  });
}
