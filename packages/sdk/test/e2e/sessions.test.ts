import { describe, expect, test } from 'bun:test';
import { Disconnected, ParleyClient } from '../../src/index.ts';
import { AnaAndBen } from '../support/ana-and-ben.ts';
import { until } from '../support/until.ts';

const current = AnaAndBen.ofEachTest();

describe('sessions', () => {
  test('a user signs up, logs in on a second device, and revokes it from the first', async () => {
    const { server, more } = current();
    const phone = new ParleyClient({ url: `${server.url}/` });
    const laptop = new ParleyClient({ url: server.url });
    more.push(phone, laptop);
    await phone.signup({ username: `eve${Date.now()}`, password: 'correct horse' });
    await laptop.login({ username: phone.account?.username ?? '', password: 'correct horse', device: 'laptop' });
    laptop.connect();
    await laptop.live();
    const { sessions } = await phone.call('listSessions', {});
    const other = sessions.find(({ current }) => !current);
    expect(other?.device).toBe('laptop');
    await phone.call('revokeSession', { sessionId: other?.id ?? '' });
    const stopped = await until(laptop, () => laptop.state.name === 'stopped' && laptop.state);
    expect(stopped.name).toBe('stopped');
    await expect(laptop.live()).rejects.toBeInstanceOf(Disconnected);
    await laptop.login({ username: phone.account?.username ?? '', password: 'correct horse' });
    laptop.connect();
    await laptop.live();
  });

  test('logging out deletes everything', async () => {
    const two = current();
    const { ana } = two;
    await two.group();
    await ana.logout();
    expect([ana.account, ana.state.name, ana.conversations.list()]).toEqual([null, 'offline', []]);
    await expect(ana.call('getAccount', {})).rejects.toMatchObject({ code: 'unauthenticated' });
    ana.connect();
    expect(ana.state).toEqual({ name: 'stopped', reason: 'not logged in' });
  });

  test('a wrong password is an error with its code; a missing server is Disconnected', async () => {
    const { server } = current();
    const wrong = new ParleyClient({ url: server.url });
    const attempt = wrong.login({ username: 'nobody', password: 'wrong password' });
    await expect(attempt).rejects.toMatchObject({ name: 'ParleyError', code: 'wrong_credentials', status: 401 });
    const nowhere = new ParleyClient({ url: 'http://localhost:1' });
    await expect(nowhere.login({ username: 'ana', password: 'password' })).rejects.toBeInstanceOf(Disconnected);
  });
});
