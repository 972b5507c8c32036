import { limits } from '@parley/protocol';
import { ParleyClient } from '@parley/sdk';

/**
 * Two users sign up and log in. One sends a text of maximum length, the other receives it. Resolves with the result.
 */
export async function talk(options) {
  const [sender, receiver] = [await loggedIn('ana', options), await loggedIn('ben', options)];
  const received = new Promise((resolve) => {
    receiver.on('entry', (entry) => entry.kind === 'message' && resolve(entry));
  });
  for (const client of [sender, receiver]) client.connect();
  await Promise.all([sender.live(), receiver.live()]);
  const conversation = await sender.conversations.openDirect(receiver.account.id);
  const { seq } = await conversation.send('é'.repeat(limits.textCodePoints)).sent();
  const entry = await received;
  for (const client of [sender, receiver]) client.close();
  return { sent: seq, received: entry.seq, length: entry.text.length };
}

async function loggedIn(username, options) {
  const person = { username, password: 'correct horse battery' };
  await new ParleyClient(options).signup(person);
  const client = new ParleyClient(options);
  await client.login(person);
  return client;
}
