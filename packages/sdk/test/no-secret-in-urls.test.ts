import { expect, test } from 'bun:test';
import { clientFrames, type Operation, operations } from '@parley/protocol';
import { ana } from './support/entries.ts';
import { FakeApi } from './support/fake-api.ts';
import { idle } from './support/idle.ts';

const secretName = /token|password|secret|invitation/i;

test('no operation has a token, password or invitation in its path or query', () => {
  for (const [id, { params, query }] of Object.entries(operations) as [string, Operation][]) {
    const names = Object.keys({ ...params?.shape, ...query?.shape });
    expect([id, names.filter((name) => secretName.test(name))]).toEqual([id, []]);
  }
  const withSecret = Object.entries(clientFrames).filter(([, { def }]) =>
    Object.keys(def.shape).some((name) => secretName.test(name)),
  );
  expect(withSecret.map(([type]) => type)).toEqual(['hello']);
});

test('a client puts neither its token nor a password into a URL', async () => {
  const api = new FakeApi();
  const asked: string[] = [];
  const { answer } = api.runtime;
  api.runtime.answer = (url, init) => {
    asked.push(String(url));
    if (url.pathname !== '/v1/login') return answer(url, init);
    const session = { id: ana.id, device: null, createdAtMs: 1, lastUsedAtMs: 1, current: true };
    return Response.json({ token: 'the-token', session, account: ana, deviceSecret: 'the-device-secret' });
  };
  const client = await api.client();
  await client.login({ username: 'ana', password: 'the-password' });
  client.connect();
  await api.accept();
  await idle();
  const urls = [...asked, ...api.runtime.sockets.map(({ url }) => url)];
  expect(urls.length).toBeGreaterThan(1);
  expect(api.runtime.socket.of('hello')).toMatchObject([{ token: 'the-token' }]);
  for (const url of urls) expect(url).not.toMatch(/the-(token|password|device-secret)/);
  client.close();
});
