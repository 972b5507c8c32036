import { ParleyClient } from '@parley/sdk';

const client = new ParleyClient({ url: process.env['PARLEY_URL'] ?? 'http://localhost:8080' });
await client.signup({ username: 'ana', password: 'correct horse battery' });
client.connect();
const room = await client.conversations.createChannel({ name: 'Kitchen' });
const receipt = await room.send('Coffee is ready').sent();
console.log(`on disk as number ${receipt.seq}`);
client.close();
