import { ParleyClient, ParleyError } from '@parley/sdk';

const client = new ParleyClient({ url: process.env['PARLEY_URL'] ?? 'http://localhost:8080' });
const name = { username: 'echo', password: process.env['PARLEY_PASSWORD'] ?? 'correct horse battery' };
await client.login(name).catch((error: unknown) => {
  const isNew = error instanceof ParleyError && error.code === 'wrong_credentials';
  return isNew ? client.signup(name) : Promise.reject(error);
});

client.on('error', (error) => console.error(error));
client.on('state', (state) => console.log(state.name));
client.on('entry', (entry) => {
  if (entry.kind !== 'message' || entry.senderId === client.account?.id) return;
  const conversation = client.conversations.get(entry.conversationId);
  if (entry.text === '/stop') client.close();
  else conversation?.send(`You said: ${entry.text}`);
});
client.connect();
