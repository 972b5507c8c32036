import { expect } from 'bun:test';
import { describeInBrowser } from '../support/browser.ts';
import { untilInView } from '../support/places.ts';
import { testWith } from '../support/test-environment.ts';

const groups = 5;
/** More than a conversation opens with, and not all of it is loaded then. */
const lineCount = 400;

describeInBrowser('the latest message', () => {
  const test = testWith(async (environment) => {
    const ana = await environment.signUp('Ana');
    const mira = await environment.server.person('mira');
    const userIds = [await environment.idOf('ana')];
    const lines = Array.from({ length: lineCount }, (_, index) => `line ${index + 1}`);
    for (let index = 0; index < groups; index++) {
      const { id } = await environment.server.call(mira, 'createGroup', { name: `Group ${index}`, userIds });
      await environment.sayAll(mira, id, lines);
    }
    return { ana };
  });

  test('stays in view after a jump from the first unread one, while rows there are still measured', async ({ ana }) => {
    const { page } = ana;
    const last = page.getByRole('article').filter({ has: page.getByText(`line ${lineCount}`, { exact: true }) });
    for (let index = 0; index < groups; index++) {
      // A page that has received few of them shows the end at once, and follows it.
      await ana.inList(`Group ${index}`).getByLabel(`${lineCount} unread messages`).waitFor();
      await ana.open(`Group ${index}`);
      await page.getByRole('button', { name: /new messages|Jump to the latest/ }).click();
      await untilInView('the latest message', last);
      // The list scrolls to a place for as long as rows there are measured.
      const fromEndPx = await page.getByRole('log').evaluate(async (list) => {
        let px = 0;
        for (let frame = 0; frame < 30; frame++) {
          await new Promise((drawn) => requestAnimationFrame(drawn));
          px = Math.max(px, list.scrollHeight - list.clientHeight - list.scrollTop);
        }
        return px;
      });
      expect([index, fromEndPx < 24]).toEqual([index, true]);
    }
  });
});
