import { expect } from 'bun:test';
import { describeInBrowser } from './support/browser.ts';
import { untilNoConversation } from './support/stored.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';

/** Ana was removed from Mira's group after she wrote two messages there without a connection. */
async function setUp(environment: TestEnvironment) {
  const { server } = environment;
  const network = environment.network();
  const mira = await server.person('mira');
  const ana = await environment.signUp('Ana', network.url);
  const anaId = await environment.idOf('ana');
  const { id } = await server.call(mira, 'createGroup', { name: 'Harbour', userIds: [anaId] });
  await ana.open('Harbour');
  network.cut();
  await ana.page.getByText('No connection.').waitFor();
  for (const text of ['The crane comes', 'on Monday']) {
    await ana.write(text);
    await ana.message(text).getByRole('img', { name: 'Waiting for the connection' }).waitFor();
  }
  await server.call(mira, 'removeMember', { conversationId: id, userId: anaId });
  network.mend();
  const bar = (text: string) => ana.page.getByRole('status').filter({ hasText: text });
  await bar('2 messages to').getByText('Harbour').waitFor();
  // A page that is reloaded before knows the conversation, and its name.
  await untilNoConversation(ana.page);
  return { ana, anaId, bar, id, mira, server };
}

describeInBrowser('messages that were written in a conversation that the person is no longer in', () => {
  const test = testWith(setUp);
  const former = '2 messages to \u2068a former conversation\u2069 were not sent: you are no longer a member.';

  test('are reported, also after a reload, can be copied, and are gone when discarded', async ({ ana, bar }) => {
    const { context, page } = ana;
    expect(await bar('2 messages').textContent()).toContain('were not sent: you are no longer a member.');
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.reload();
    await bar(former).getByRole('button', { name: 'Copy' }).click();
    await bar(former).getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('The crane comes\n\non Monday');
    await bar(former).getByRole('button', { name: 'Discard' }).click();
    await bar(former).waitFor({ state: 'detached' });
    await page.reload();
    await page.getByRole('heading', { name: 'You are not in this conversation' }).waitFor();
    expect(await bar('not sent').count()).toBe(0);
    expect(ana.faults).toEqual([]);
  });

  test('are shown in the conversation again when the person is added again', async (scene) => {
    const { ana, anaId, bar, id, mira, server } = scene;
    await server.call(mira, 'addMembers', { conversationId: id, userIds: [anaId] });
    await bar('2 messages').waitFor({ state: 'detached' });
    await ana.open('Harbour');
    await ana.message('on Monday').getByRole('button', { name: 'Retry' }).waitFor();
    expect(ana.faults).toEqual([]);
  });
});
