import { expect } from 'bun:test';
import { describeInBrowser } from '../support/browser.ts';
import { untilStored } from '../support/stored.ts';
import { testWith } from '../support/test-environment.ts';
import { until } from '../support/until.ts';
import { lastInView, untilAtRest } from '../support/view.ts';

const lineCount = 300;
/** From the second time on, there are read rows above the first unread one, which are measured after it. */
const openings = 4;

describeInBrowser('a conversation that opens at its first unread message', () => {
  const test = testWith(async (environment) => {
    const { server } = environment;
    const ana = await environment.signUp('Ana');
    const mira = await server.person('mira');
    const userIds = [await environment.idOf('ana')];
    const { id: conversationId } = await server.call(mira, 'createGroup', { name: 'Harbour', userIds });
    const lines = Array.from({ length: lineCount }, (_, index) => `line ${index + 1}`);
    await environment.sayAll(mira, conversationId, lines);
    // A page that is opened earlier may know none of them as unread.
    await untilStored(ana.page, 'conversations', `line ${lineCount}`);
    return { server, ana, mira, conversationId };
  });

  test('marks only messages as read that were in view', async ({ server, ana, mira, conversationId }) => {
    const { page } = ana;
    /** The number of the line that Ana has read up to. The creation of the group is the first entry. */
    const readLine = async () => {
      const { members } = await server.call(mira, 'listMembers', { conversationId });
      return (members.find(({ user }) => user.username === 'ana')?.readSeq ?? 0) - 1;
    };
    for (let opening = 0; opening < openings; opening++) {
      await page.goto(`${server.url}/c/${conversationId}`);
      await page.getByRole('separator', { name: 'New messages' }).waitFor();
      await untilAtRest(page);
      const lastLine = Number((await lastInView(page)).replace('line ', ''));
      const read = await until(`line ${lastLine - 1} to be read`, readLine, (line) => line >= lastLine - 1);
      expect([opening, Math.max(read, lastLine)]).toEqual([opening, lastLine]);
    }
  });
});
