import { type Entry, IndexedDbStore, ParleyClient } from '@parley/sdk';

const url = new URLSearchParams(location.search).get('server') ?? location.origin;
const client = new ParleyClient({ url, store: new IndexedDbStore(url) });
const resumed = await client.resume();
const account = resumed ?? (await client.signup({ username: 'ana', password: 'correct horse battery' }));
client.connect();
await client.live();
const known = client.conversations.list()[0];
const conversation = known ?? (await client.conversations.createChannel({ name: 'Kitchen' }));
const message = conversation.send('Coffee is ready');
// After a reload, a page may get an entry again that it got just before.
client.on('entry', (entry: Entry) => {
  if (entry.kind !== 'message' || entry.clientMessageId !== message.clientMessageId) return;
  document.title = `${resumed ? 'resumed' : 'signed up'} ${account.username}, received ${entry.seq} of ${conversation.title}`;
});
