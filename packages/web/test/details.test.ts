import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Person, RunningServer } from '../../server/test/support/running-server.ts';
import { browserOfFile, describeInBrowser } from './support/browser.ts';
import { PersonInBrowser } from './support/person.ts';

const browser = browserOfFile();
let server: RunningServer;
let ana: PersonInBrowser;
let mira: Person;
let groupId: string;

describeInBrowser('the details of a group', () => {
  beforeAll(async () => {
    server = await RunningServer.start();
    ana = await PersonInBrowser.signUp(await browser(), server.url, 'Ana');
    mira = await server.person('mira');
    const anaId = (await server.call(mira, 'userSearch', { q: 'ana' })).users[0]?.id ?? '';
    groupId = (await server.call(mira, 'createGroup', { name: 'Harbour', userIds: [anaId] })).id;
    await server.call(mira, 'setRole', { conversationId: groupId, userId: anaId, role: 'admin' });
    await ana.open('Harbour');
    await ana.page.getByRole('button', { name: 'Details', exact: true }).click();
  });
  afterAll(() => server.stop());

  test('show what somebody else changes, keep what one has begun, and undo neither', async () => {
    const { page } = ana;
    const details = page.getByRole('complementary', { name: 'Details' });
    const name = details.getByLabel('Name');
    const description = details.getByLabel('Description');
    const save = () => details.getByRole('button', { name: 'Save' }).click();
    await description.fill('Cranes, boats');
    await server.call(mira, 'updateConversation', { conversationId: groupId, name: 'Old harbour', announceOnly: true });
    await page.getByRole('heading', { level: 1, name: 'Old harbour' }).waitFor();
    expect(await name.inputValue()).toBe('Old harbour');
    expect(await details.getByLabel('Only owners and admins may write').isChecked()).toBe(true);
    expect(await description.inputValue()).toBe('Cranes, boats');
    await save();
    await details.getByText('Saved').waitFor();
    expect(await server.call(mira, 'getConversation', { conversationId: groupId })).toMatchObject({
      ...{ name: 'Old harbour', announceOnly: true, description: 'Cranes, boats' },
    });
    // After saving, the field is anybody's again.
    await server.call(mira, 'updateConversation', { conversationId: groupId, description: 'Ferries' });
    await details.getByRole('textbox', { name: 'Description' }).and(page.getByText('Ferries')).waitFor();
    expect(ana.faults).toEqual([]);
  });
});
