import { expect } from 'bun:test';
import { expectNoViolations } from './support/axe.ts';
import { describeInBrowser } from './support/browser.ts';
import { actionsOf, choose, deletedBy, editBox, note, send, setUpGroup, textsOf } from './support/group.ts';
import { untilFocused } from './support/places.ts';
import { testWith } from './support/test-environment.ts';
import { until } from './support/until.ts';

describeInBrowser('deleting a message', () => {
  const test = testWith(setUpGroup);

  test('asks for confirmation, and leaves a line to everybody', async ({ environment, ana, mira, conversationId }) => {
    const { page } = ana;
    await choose(ana, ana.message('tabels'), 'Delete');
    const dialog = page.getByRole('dialog', { name: 'Delete this message?' });
    await dialog.getByText('The blue tabels').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    await untilFocused('the message', ana.message('The blue tabels'));

    await choose(ana, ana.message('tabels'), 'Delete');
    await dialog.getByRole('button', { name: 'Delete' }).click();
    const line = ana.message('This message was deleted.');
    await line.waitFor();
    await untilFocused('the line', line);
    await until(
      'the text to be gone, also from the list of conversations',
      () => page.getByText('tabels').count(),
      (count) => count === 0,
    );
    await ana.inList('Harbour').getByText('This message was deleted.').waitFor();
    expect(await actionsOf(ana, line)).toEqual(['Copy link', 'Mark as unread']);
    const texts = await until(
      'the deletion to reach the server',
      () => textsOf(environment, mira, conversationId),
      (all) => !all.includes('The blue tabels'),
    );
    expect(texts).toHaveLength(2);
    expect(ana.faults).toEqual([]);
  });

  test('leaves the text nowhere on the pages of others, also not in what was announced', async ({ ana, addBen }) => {
    const ben = await addBen();
    await send(ana, 'Hasty words');
    await ben.page.getByRole('status').getByText('Hasty words').waitFor();
    await choose(ana, ana.message('Hasty words'), 'Edit');
    await editBox(ana).fill('Hastier words');
    await editBox(ana).press('Enter');
    await note(ben, 'Hastier words').waitFor();
    await choose(ana, ana.message('Hastier words'), 'Delete');
    await ana.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await until(
      'the texts to be gone',
      () => ben.page.getByText(/Hast/).count(),
      (count) => count === 0,
    );
    await ben.message('This message was deleted.').waitFor();
    expect([...ana.faults, ...ben.faults]).toEqual([]);
  });

  test('removes a message at once that the server may already have', async ({ ana, network }) => {
    network.hold();
    await ana.write('Hasty words');
    await ana.message('Hasty words').getByRole('img', { name: 'Sending' }).waitFor();
    await choose(ana, ana.message('Hasty words'), 'Delete');
    await ana.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await ana.message('Hasty words').waitFor({ state: 'detached' });
    network.mend();
    await ana.message('This message was deleted.').waitFor();
    await until(
      'the text to be gone, also from the list of conversations',
      () => ana.page.getByText('Hasty words').count(),
      (count) => count === 0,
    );
    expect(ana.faults).toEqual([]);
  });

  test('of others is offered to owners and admins, and shows who did it', async (scene) => {
    const { environment, server, ana, mira, conversationId } = scene;
    const userId = await environment.idOf('ana');
    await server.call(mira, 'setRole', { conversationId, userId, role: 'admin' });
    await ana.page.getByText(/made .*Ana/).waitFor();
    await choose(ana, ana.message('Which tables?'), 'Delete');
    await ana.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await deletedBy(ana, 'Ana').waitFor();
    await until(
      'the deletion to reach the server',
      () => textsOf(environment, mira, conversationId),
      (all) => !all.includes('Which tables?'),
    );
    await ana.page.reload();
    await deletedBy(ana, 'Ana').waitFor();
    expect(ana.faults).toEqual([]);
  });

  test('asks about the message as it is now, and no longer when it is deleted elsewhere', async (scene) => {
    const { server, ana, mira, conversationId, amend } = scene;
    const userId = await scene.environment.idOf('ana');
    await server.call(mira, 'setRole', { conversationId, userId, role: 'admin' });
    await ana.page.getByText(/made .*Ana/).waitFor();
    await choose(ana, ana.message('Which tables?'), 'Delete');
    const dialog = ana.page.getByRole('dialog', { name: 'Delete this message?' });
    await dialog.getByText('Which tables?').waitFor();
    await amend({ kind: 'edit', text: 'Which chairs?' });
    await dialog.getByText('Which chairs?').waitFor();
    await ana.page.keyboard.press('Escape');
    await untilFocused('the message', ana.message('Which chairs?'));
    await choose(ana, ana.message('Which chairs?'), 'Delete');
    await dialog.waitFor();
    await amend({ kind: 'delete' });
    await dialog.waitFor({ state: 'detached' });
    await untilFocused('the line', ana.message('This message was deleted.'));
    expect(ana.faults).toEqual([]);
  });

  test('elsewhere closes the list of the people who reacted', async ({ ana, amend }) => {
    await amend({ kind: 'react', emoji: '👍', set: true });
    await ana
      .message('Which tables?')
      .getByRole('button', { name: /1 reaction/ })
      .waitFor();
    await choose(ana, ana.message('Which tables?'), 'Who reacted');
    const dialog = ana.page.getByRole('dialog', { name: 'Who reacted' });
    await dialog.waitFor();
    await amend({ kind: 'delete' });
    await dialog.waitFor({ state: 'detached' });
    await untilFocused('the line', ana.message('This message was deleted.'));
    expect(ana.faults).toEqual([]);
  });

  test('closes the form in which the message is being edited', async ({ server, ana, mira, conversationId }) => {
    await ana.box.press('ArrowUp');
    await untilFocused('the edited text', editBox(ana));
    const { entries } = await server.call(mira, 'getHistory', { conversationId });
    const { seq = 0 } = entries.at(-1) ?? {};
    const change = { kind: 'delete' } as const;
    await server.call(mira, 'amendMessage', { conversationId, seq, amendmentId: crypto.randomUUID(), change });
    await note(ana, 'The message you were editing was deleted.').waitFor();
    await ana.box.waitFor();
  });

  test('and editing comply with WCAG 2.2 AA on a phone, from right to left', async (scene) => {
    const { server, mira, conversationId, ana } = scene;
    const { entries } = await server.call(mira, 'getHistory', { conversationId });
    const { seq = 0 } = entries.at(-1) ?? {};
    await server.call(mira, 'amendMessage', {
      ...{ conversationId, seq, amendmentId: crypto.randomUUID() },
      change: { kind: 'delete' },
    });
    await deletedBy(ana, 'mira').waitFor();
    await send(ana, 'The red tables');
    await ana.box.press('ArrowUp');
    await editBox(ana).fill('The red chairs');
    await editBox(ana).press('Enter');
    await ana
      .message('The red chairs')
      .getByText(/^edited/)
      .waitFor();
    // Colours that are changing gradually have no contrast to check.
    await ana.page.emulateMedia({ reducedMotion: 'reduce' });
    for (const direction of ['ltr', 'rtl']) {
      await ana.page.setViewportSize({ width: 390, height: 844 });
      await ana.page.evaluate((chosen) => {
        document.documentElement.dir = chosen;
      }, direction);
      await ana.box.press('ArrowUp');
      await untilFocused('the edited text', editBox(ana));
      await expectNoViolations(ana.page);
      expect(await ana.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
      await ana.page.keyboard.press('Escape');
      await choose(ana, ana.message('The red chairs'), 'Delete');
      await ana.page.getByRole('dialog').waitFor();
      await expectNoViolations(ana.page);
      await ana.page.keyboard.press('Escape');
      await untilFocused('the message', ana.message('The red chairs'));
    }
    expect(ana.faults).toEqual([]);
  });
});
