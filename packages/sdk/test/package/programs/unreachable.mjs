import { ParleyClient } from '@parley/sdk';

const client = new ParleyClient({ url: 'http://127.0.0.1:1' });
await client.login({ username: 'ana', password: 'correct horse battery' }).catch((error) => console.log(error.stack));
