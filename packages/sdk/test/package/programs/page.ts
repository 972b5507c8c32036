import { type Entry, IndexedDbStore, ParleyClient } from '@parley/sdk';

const url = new URLSearchParams(location.search).get('server') ?? location.origin;
const client = new ParleyClient({ url, store: new IndexedDbStore(url) });
const received = new Promise<Entry>((resolve) => {
  client.on('entry', (entry) => {
    if (entry.kind === 'message') resolve(entry);
  });
});
const resumed = await client.resume();
const account = resumed ?? (await client.signup({ username: 'ana', password: 'correct horse battery' }));
client.connect();
await client.live();
const known = client.conversations.list()[0];
const conversation = known ?? (await client.conversations.createChannel({ name: 'Kitchen' }));
conversation.send('Coffee is ready');
const { seq } = await received;
document.title = `${resumed ? 'resumed' : 'signed up'} ${account.username}, received ${seq} of ${conversation.title}`;
