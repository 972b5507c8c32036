import type { MessageChange } from '@parley/protocol';
import type { Locator } from 'playwright-core';
import type { Person } from '../../../server/test/support/running-server.ts';
import type { PersonInBrowser } from './person.ts';
import type { TestEnvironment } from './test-environment.ts';

export const editBox = ({ page }: PersonInBrowser) => page.getByRole('textbox', { name: 'Edit the message' });
export const note = ({ page }: PersonInBrowser, text: string) => page.getByRole('status').filter({ hasText: text });

/** The line that a deleted message leaves. The page isolates names from the sentence. */
export const deletedBy = ({ page }: PersonInBrowser, name: string) =>
  page.getByRole('article').filter({ hasText: new RegExp(`This message was deleted by \u2068?${name}`) });

/** Ana in a group of Mira's, who has no browser, and has written the first message. */
export async function groupOfMira(environment: TestEnvironment, firstText = 'Which **tables**?') {
  const { server } = environment;
  const network = environment.network();
  const ana = await environment.signUp('Ana', network.url);
  const mira = await server.person('mira');
  const anaId = await environment.idOf('ana');
  const { id: conversationId } = await server.call(mira, 'createGroup', { name: 'Harbour', userIds: [anaId] });
  const { seq } = await environment.say(mira, conversationId, firstText);
  await ana.open('Harbour');
  await ana.message('Which tables?').waitFor();
  /** Ben, in a browser of his own, in the same group. */
  const addBen = async () => {
    const ben = await environment.signUp('Ben');
    await server.call(mira, 'addMembers', { conversationId, userIds: [await environment.idOf('ben')] });
    await ben.open('Harbour');
    await ben.message('Which tables?').waitFor();
    return ben;
  };
  /** Mira changes her first message, or another one. */
  const amend = (change: MessageChange, by: Person = mira, of = seq) =>
    server.call(by, 'amendMessage', { conversationId, seq: of, amendmentId: crypto.randomUUID(), change });
  return { server, network, ana, mira, conversationId, seq, addBen, amend };
}

/** The same group, in which Ana has written too. */
export async function setUpGroup(environment: TestEnvironment) {
  const group = await groupOfMira(environment, 'Which tables?');
  await send(group.ana, 'The blue tabels');
  return group;
}

export async function send(person: PersonInBrowser, text: string): Promise<void> {
  await person.write(text);
  // Others may read it at once.
  await person
    .message(text)
    .getByRole('img', { name: /^(Sent|Read)$/ })
    .waitFor();
}

export function menuOf({ page }: PersonInBrowser): Locator {
  return page.getByRole('menu', { name: /^Actions for .*’s message/ });
}

/** Opens the menu of a message by right click, and chooses an action. */
export async function choose(person: PersonInBrowser, message: Locator, action: string): Promise<void> {
  await message.locator('.message-text').click({ button: 'right' });
  await menuOf(person).getByRole('menuitem', { name: action, exact: true }).click();
}

/** The actions that the menu of a message has. */
export async function actionsOf(person: PersonInBrowser, message: Locator): Promise<string[]> {
  await message.locator('.message-text').click({ button: 'right' });
  await menuOf(person).getByRole('menuitem').first().waitFor();
  const actions = await menuOf(person).getByRole('menuitem').allTextContents();
  await person.page.keyboard.press('Escape');
  await menuOf(person).waitFor({ state: 'detached' });
  return actions;
}

/**
 * Others write more than a page while the person is elsewhere, who then jumps to the newest message. A page that shows
 * the conversation would read some or all of the messages as they come, and have the button in some runs only.
 */
export async function jumpAfterAbsence({ page }: PersonInBrowser, write: () => Promise<unknown>): Promise<void> {
  const url = page.url();
  await page.goto('about:blank');
  await write();
  await page.goto(url);
  await page.getByRole('button', { name: /new messages$/ }).click();
}

/** The messages of the conversation as the server has them. */
export async function textsOf({ server }: TestEnvironment, person: Person, conversationId: string): Promise<string[]> {
  const { entries } = await server.call(person, 'getHistory', { conversationId });
  return entries.flatMap((entry) => (entry.kind === 'message' ? [entry.text] : []));
}
