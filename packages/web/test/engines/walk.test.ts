import { expect } from 'bun:test';
import { type ConfirmationOrder, confirmConversion } from './composition.ts';
import type { Walker } from './walker.ts';
import { describeInEngines } from './walks.ts';

/** Both react to, answer, pin, edit and delete messages of their direct chat. */
async function changeMessages(ana: Walker, ben: Walker): Promise<void> {
  await ben.choose('From two tabs', 'Add reaction');
  await ben.fill('Search emoji', 'party popper');
  // Until the search has moved what it found.
  await ben.lacks('button', 'kissing face');
  await ben.click('button', 'party popper');
  await ana.click('button', '🎉\u2069: 1 reaction');
  await ben.has('button', '🎉\u2069: 2 reactions');
  await ben.choose('Hello Ben', 'Reply');
  await ben.write('**Morning**, Ana');
  for (const one of [ana, ben]) await one.has('link', 'In reply to');
  await ben.choose('Hello Ben', 'Pin');
  for (const one of [ana, ben]) await one.shows('Pinned');
  await ana.choose('Hello Ben', 'Edit');
  await ana.fill('Edit the message', 'jamin');
  await ana.page.press('Enter');
  const changed = ['Hello Benjamin', 'Hello Ana', 'From two tabs'];
  for (const one of [ana, ben]) await one.showsMessages(...changed, 'Morning, Ana');
  await ben.choose('Morning, Ana', 'Delete');
  await ben.click('button', 'Delete');
  for (const one of [ana, ben]) await one.showsMessages(...changed, 'This message was deleted.');
}

describeInEngines('two people', (walk) => {
  walk('talk, reload, continue a draft in a second tab, and change, answer and pin messages', async ({ ana, ben }) => {
    await ana.openDirect('Ben');
    await ana.write('Hello Ben');
    await ben.click('link', 'Ana');
    await ben.showsMessages('Hello Ben');
    await ben.write('Hello Ana');
    await ana.showsMessages('Hello Ben', 'Hello Ana');
    await ana.page.reload();
    await ana.showsMessages('Hello Ben', 'Hello Ana');
    const second = await ana.another();
    await second.showsMessages('Hello Ben', 'Hello Ana');
    await ana.fill('Write to', 'From two');
    await second.boxHolds('From two');
    await second.fill('Write to', ' tabs');
    await ana.boxHolds('From two tabs');
    await second.page.press('Enter');
    for (const one of [ana, second, ben]) await one.showsMessages('Hello Ben', 'Hello Ana', 'From two tabs');
    await ana.boxHolds('');
    await changeMessages(ana, ben);
  });

  walk('confirm a conversion by an Enter that sends nothing, and send by the next one', async ({ ana }) => {
    await ana.openDirect('Ben');
    for (const order of ['key, end', 'end, key'] satisfies ConfirmationOrder[]) {
      await ana.click('field', 'Write to');
      expect(await ana.page.run(confirmConversion, { text: '日本', order })).toBe('日本');
      await ana.fill('Write to', '!');
      await ana.page.press('Enter');
      await ana.boxHolds('');
    }
    await ana.showsMessages('日本!', '日本!');
  });

  walk('lose no message and send none twice when site data is deleted while the page is open', async (scene) => {
    const { ana, ben } = scene;
    await ana.openDirect('Ben');
    await ana.write('Before');
    await ben.click('link', 'Ana');
    await ben.showsMessages('Before');
    await ana.page.run(() => void indexedDB.deleteDatabase('parley'), null);
    await ana.write('After');
    await ben.showsMessages('Before', 'After');
    await ana.boxHolds('');
    await ana.page.press('Enter');
    await ana.write('And on');
    for (const one of [ana, ben]) await one.showsMessages('Before', 'After', 'And on');
  });

  walk('notice a silent network, and get missed messages after the reconnect', async ({ ana, ben, network }) => {
    await ana.openDirect('Ben');
    await ana.write('Hello Ben');
    await ben.click('link', 'Ana');
    await ben.showsMessages('Hello Ben');
    network.hold();
    await ana.shows(/No connection|Connecting/);
    await ben.write('Are you there?');
    network.mend();
    await ana.showsMessages('Hello Ben', 'Are you there?');
  });
});
