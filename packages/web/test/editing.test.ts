import { expect } from 'bun:test';
import { HttpApi } from '@parley/sdk';
import { describeInBrowser } from './support/browser.ts';
import { actionsOf, choose, deletedBy, editBox, note, send, setUpGroup, textsOf } from './support/group.ts';
import { password } from './support/person.ts';
import { untilFocused } from './support/places.ts';
import { untilStored } from './support/stored.ts';
import { testWith } from './support/test-environment.ts';
import { until } from './support/until.ts';

describeInBrowser('editing a message', () => {
  const test = testWith(setUpGroup);

  test('shows the new text and the time of the edit to everybody, and in the list', async (scene) => {
    const { environment, ana, conversationId, server } = scene;
    const ben = await environment.signUp('Ben');
    await server.call(scene.mira, 'addMembers', { conversationId, userIds: [await environment.idOf('ben')] });
    await ben.open('Harbour');
    await ben.message('The blue tabels').waitFor();
    await choose(ana, ana.message('tabels'), 'Edit');
    await untilFocused('the edited text', editBox(ana));
    expect(await editBox(ana).inputValue()).toBe('The blue tabels');
    await editBox(ana).fill('The **blue** tables');
    await editBox(ana).press('Enter');
    await untilFocused('the box', ana.box);
    for (const person of [ana, ben]) {
      const message = person.message('The blue tables');
      await message.getByText(/^edited .*\d/).waitFor();
      expect(await message.locator('strong').textContent()).toBe('blue');
      expect(await person.message('tabels').count()).toBe(0);
      await person.inList('Harbour').getByText('The blue tables').waitFor();
    }
    await note(ben, 'Ana\u2069 edited: \u2068The blue tables').waitFor();
    await ana.page.reload();
    await ana
      .message('The blue tables')
      .getByText(/^edited/)
      .waitFor();
    expect([...ana.faults, ...ben.faults]).toEqual([]);
  });

  test('by ↑ in an empty box is cancelled by Escape, and a text in the box is kept meanwhile', async ({ ana }) => {
    const { page } = ana;
    await ana.box.press('ArrowUp');
    await untilFocused('the edited text', editBox(ana));
    await editBox(ana).fill('changed');
    await page.keyboard.press('Escape');
    await untilFocused('the box', ana.box);
    await ana.message('The blue tabels').waitFor();

    await ana.box.fill('half a sentence');
    await choose(ana, ana.message('tabels'), 'Edit');
    await editBox(ana).fill('The blue tables');
    await page.getByRole('button', { name: 'Save' }).click();
    await ana.message('The blue tables').waitFor();
    expect(await ana.box.inputValue()).toBe('half a sentence');
    expect(ana.faults).toEqual([]);
  });

  test('in which nothing was changed does not revert the edit from another device', async (scene) => {
    const { environment, ana, server, mira, conversationId } = scene;
    await choose(ana, ana.message('tabels'), 'Edit');
    await untilFocused('the edited text', editBox(ana));
    const { entries } = await server.call(mira, 'getHistory', { conversationId });
    const seq = entries.find((entry) => entry.kind === 'message' && entry.text.includes('tabels'))?.seq ?? 0;
    const device = new HttpApi(server.url, { fetch });
    device.token = (await device.call('login', { username: 'ana', password })).token;
    const [amendmentId, change] = [crypto.randomUUID(), { kind: 'edit', text: 'The blue tables' }] as const;
    await device.call('amendMessage', { conversationId, seq, amendmentId, change });
    await ana.message('The blue tables').waitFor();
    await editBox(ana).press('Enter');
    await editBox(ana).waitFor({ state: 'detached' });
    // The server has processed what was sent before.
    await send(ana, 'and the chairs');
    expect(await textsOf(environment, mira, conversationId)).toEqual([
      'Which tables?',
      'The blue tables',
      'and the chairs',
    ]);
    await ana.message('The blue tables').waitFor();
    expect(ana.faults).toEqual([]);
  });

  test('that is left unfinished for another conversation is there again afterwards', async ({ ana }) => {
    await choose(ana, ana.message('tabels'), 'Edit');
    await editBox(ana).fill('The blue tab');
    await ana.page.getByRole('link', { name: 'Settings' }).click();
    await editBox(ana).waitFor({ state: 'detached' });
    await ana.inList('Harbour').getByRole('link').click();
    await untilFocused('the edited text', editBox(ana));
    expect(await editBox(ana).inputValue()).toBe('The blue tab');
    await ana.page.keyboard.press('Escape');
    await ana.box.waitFor();
    await ana.message('The blue tabels').waitFor();
  });

  test('that is left unfinished for a reply or another edit is there again afterwards', async ({ ana }) => {
    await send(ana, 'The red tables');
    await choose(ana, ana.message('tabels'), 'Edit');
    await editBox(ana).fill('The blue tab');
    await choose(ana, ana.message('tabels'), 'Edit');
    await untilFocused('the edited text', editBox(ana));
    expect(await editBox(ana).inputValue()).toBe('The blue tab');
    await choose(ana, ana.message('Which tables?'), 'Reply');
    await untilFocused('the box', ana.box);
    await choose(ana, ana.message('The red tables'), 'Edit');
    await untilFocused('the other edited text', editBox(ana));
    expect(await editBox(ana).inputValue()).toBe('The red tables');
    await editBox(ana).fill('The red chairs');
    await choose(ana, ana.message('tabels'), 'Edit');
    await untilFocused('the first edited text', editBox(ana));
    expect(await editBox(ana).inputValue()).toBe('The blue tab');
    await editBox(ana).fill('The blue tables');
    await editBox(ana).press('Enter');
    await ana.message('The blue tables').waitFor();
    await choose(ana, ana.message('The red tables'), 'Edit');
    await untilFocused('the other edited text', editBox(ana));
    expect(await editBox(ana).inputValue()).toBe('The red chairs');
    await ana.page.keyboard.press('Escape');
    await ana.box.waitFor();
    // Escape discards the text.
    await choose(ana, ana.message('The red tables'), 'Edit');
    expect(await editBox(ana).inputValue()).toBe('The red tables');
    expect(ana.faults).toEqual([]);
  });

  test('is offered on a page that is opened without a connection', async (scene) => {
    const { environment, ana, mira, network, conversationId } = scene;
    await untilStored(ana.page, 'conversations', 'The blue tabels');
    network.cut();
    await ana.page.getByText(/No connection/).waitFor();
    await ana.page.reload();
    await ana.message('The blue tabels').waitFor();
    await choose(ana, ana.message('tabels'), 'Edit');
    await editBox(ana).fill('The blue tables');
    await editBox(ana).press('Enter');
    await ana.message('The blue tables').waitFor();
    network.mend();
    await until(
      'the edit to reach the server',
      () => textsOf(environment, mira, conversationId),
      (all) => all.includes('The blue tables'),
    );
    expect(ana.faults).toEqual([]);
  });

  test('is offered for own messages only, and has the limits of a new message', async ({ ana }) => {
    expect(await actionsOf(ana, ana.message('Which tables?'))).toEqual([
      'Reply',
      'Add reaction',
      'Copy text',
      'Copy link',
      'Mark as unread',
    ]);
    expect(await actionsOf(ana, ana.message('tabels'))).toEqual([
      'Reply',
      'Add reaction',
      'Edit',
      'Copy text',
      'Copy link',
      'Mark as unread',
      'Delete',
    ]);
    await choose(ana, ana.message('tabels'), 'Edit');
    const save = ana.page.getByRole('button', { name: 'Save' });
    await editBox(ana).fill(' \n ');
    expect(await save.isDisabled()).toBe(true);
    await editBox(ana).fill('x'.repeat(10_001));
    expect(await save.isDisabled()).toBe(true);
    await ana.page.getByText('1 character too many').waitFor();
    await ana.page.getByRole('button', { name: 'Cancel' }).click();
    await ana.message('The blue tabels').waitFor();
  });

  test('waits for the connection, and changes a waiting message before it is sent', async (scene) => {
    const { environment, ana, mira, network, conversationId } = scene;
    network.cut();
    await ana.page.getByText(/No connection/).waitFor();
    await choose(ana, ana.message('tabels'), 'Edit');
    await editBox(ana).fill('The blue tables');
    await editBox(ana).press('Enter');
    await ana.message('The blue tables').waitFor();
    await ana.write('Adn the chairs');
    await ana.message('Adn the chairs').waitFor();
    await ana.box.press('ArrowUp');
    await untilFocused('the edited text', editBox(ana));
    expect(await editBox(ana).inputValue()).toBe('Adn the chairs');
    await editBox(ana).fill('And the chairs');
    await editBox(ana).press('Enter');
    await ana.message('And the chairs').waitFor();
    network.mend();
    await ana.message('And the chairs').getByRole('img', { name: 'Sent' }).waitFor();
    const texts = await until(
      'the edit to reach the server',
      () => textsOf(environment, mira, conversationId),
      (all) => all.includes('The blue tables'),
    );
    expect(texts).toEqual(['Which tables?', 'The blue tables', 'And the chairs']);
    // The waiting message was changed before it was sent: it is not shown as edited.
    expect(
      await ana
        .message('And the chairs')
        .getByText(/^edited/)
        .count(),
    ).toBe(0);
    expect(ana.faults).toEqual([]);
  });

  test('that the server refuses shows the reason, and the message as it is', async (scene) => {
    const { server, ana, mira, network, conversationId } = scene;
    network.cut();
    await ana.page.getByText(/No connection/).waitFor();
    await choose(ana, ana.message('tabels'), 'Edit');
    await editBox(ana).fill('The blue tables');
    await editBox(ana).press('Enter');
    await ana.message('The blue tables').waitFor();
    const { entries } = await server.call(mira, 'getHistory', { conversationId });
    const seq = entries.find((entry) => entry.kind === 'message' && entry.text.includes('tabels'))?.seq ?? 0;
    const change = { kind: 'delete' } as const;
    await server.call(mira, 'amendMessage', { conversationId, seq, amendmentId: crypto.randomUUID(), change });
    network.mend();
    await deletedBy(ana, 'mira').waitFor();
    await note(ana, 'The message was deleted.').waitFor();
    expect(await ana.message('The blue tab').count()).toBe(0);
    await ana.inList('Harbour').getByText('This message was deleted.').waitFor();
  });

  for (const where of ['another conversation', 'the list alone, after a reload'] as const) {
    test(`that the server refuses is reported by name in ${where}`, async (scene) => {
      const { server, environment, ana, mira, network, amend } = scene;
      const { page } = ana;
      await server.call(mira, 'createGroup', { name: 'Quay', userIds: [await environment.idOf('ana')] });
      await ana.inList('Quay').waitFor();
      const { entries } = await server.call(mira, 'getHistory', { conversationId: scene.conversationId });
      const seq = entries.find((entry) => entry.kind === 'message' && entry.text.includes('tabels'))?.seq ?? 0;
      network.cut();
      await page.getByText(/No connection/).waitFor();
      await choose(ana, ana.message('tabels'), 'Edit');
      await editBox(ana).fill('The blue tables');
      await editBox(ana).press('Enter');
      await ana.message('The blue tables').waitFor();
      if (where === 'another conversation') await ana.open('Quay');
      else {
        await page.setViewportSize({ width: 390, height: 844 });
        await page.getByRole('link', { name: 'Back to conversations' }).click();
        await ana.inList('Harbour').waitFor();
        await untilStored(page, 'amendments', 'The blue tables');
        await page.reload();
        await page.getByText(/No connection/).waitFor();
      }
      await amend({ kind: 'delete' }, mira, seq);
      network.mend();
      const bar = note(ana, 'was not saved');
      await bar
        .getByText(/^Your change to a message in \W?Harbour\W? was not saved\. \W?The message was deleted\.\W?$/)
        .waitFor();
      await bar.getByRole('button', { name: 'Close' }).click();
      await bar.waitFor({ state: 'detached' });
      await ana.inList('Harbour').getByText('This message was deleted.').waitFor();
      expect(ana.faults).toEqual([]);
    });
  }
});
