import { expect } from 'bun:test';
import { describeInBrowser } from './support/browser.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';

/** Ana, an admin of Mira's group, with the group's details open. */
async function setUp(environment: TestEnvironment) {
  const { server } = environment;
  const ana = await environment.signUp('Ana');
  const mira = await server.person('mira');
  const anaId = await environment.idOf('ana');
  const { id: groupId } = await server.call(mira, 'createGroup', { name: 'Harbour', userIds: [anaId] });
  await server.call(mira, 'setRole', { conversationId: groupId, userId: anaId, role: 'admin' });
  await ana.open('Harbour');
  await ana.page.getByRole('button', { name: 'Details', exact: true }).click();
  return { server, ana, mira, groupId };
}

describeInBrowser('the details of a group', () => {
  const test = testWith(setUp);

  test('show changes by others, keep the person’s own edits, and overwrite neither', async ({
    ana,
    groupId,
    mira,
    server,
  }) => {
    const { page } = ana;
    const details = page.getByRole('complementary', { name: 'Details' });
    const name = details.getByLabel('Name');
    const description = details.getByLabel('Description');
    const save = () => details.getByRole('button', { name: 'Save' }).click();
    await description.fill('Cranes, boats');
    await server.call(mira, 'updateConversation', { conversationId: groupId, name: 'Old harbour', announceOnly: true });
    await page.getByRole('heading', { level: 1, name: 'Old harbour' }).waitFor();
    expect(await name.inputValue()).toBe('Old harbour');
    expect(await details.getByLabel('Only owners and admins can write').isChecked()).toBe(true);
    expect(await description.inputValue()).toBe('Cranes, boats');
    await save();
    await details.getByText('Saved').waitFor();
    expect(await server.call(mira, 'getConversation', { conversationId: groupId })).toMatchObject({
      ...{ name: 'Old harbour', announceOnly: true, description: 'Cranes, boats' },
    });
    // After saving, the field shows changes by others again.
    await server.call(mira, 'updateConversation', { conversationId: groupId, description: 'Ferries' });
    await details.getByRole('textbox', { name: 'Description' }).and(page.getByText('Ferries')).waitFor();
    expect(ana.faults).toEqual([]);
  });
});
