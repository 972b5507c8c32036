import { afterAll, beforeAll, test } from 'bun:test';
import { type Person, RunningServer } from '../../../server/test/support/running-server.ts';
import { ChatSession } from '../../src/chat/chat-session.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

test('a new name is shown above messages, live and after a lost connection', async () => {
  const [ana, ben] = (await server.people('named', 2)) as [Person, Person];
  const userIds = [ana.account.id];
  const { id: conversationId } = await server.call(ben, 'createGroup', { name: 'room', userIds });
  await server.call(ben, 'sendMessage', { conversationId, clientMessageId: 'first', text: 'hello' });
  const client = await server.client(ana);
  const session = new ChatSession(client, server.url);
  client.connect();
  await client.live();
  const room = client.conversations.get(conversationId);
  if (!room) throw new Error('the group is missing');
  await session.show(room);
  const shows = (name: string) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (session.shown.some(({ author }) => author === name)) resolve();
      };
      session.onChange(look);
      look();
    });
  await shows(ben.account.displayName);
  await server.call(ben, 'updateAccount', { displayName: 'Ben Live' });
  await shows('Ben Live');
  client.close();
  await server.call(ben, 'updateAccount', { displayName: 'Ben Away' });
  client.connect();
  await shows('Ben Away');
  client.close();
});
