import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Operation, operations } from '@parley/protocol';
import fc from 'fast-check';
import { type ApiUnderTest, startApi } from '../gateway/api-under-test.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { fuzzed } from './parameters.ts';
import { checkAnswer, requests, withIds } from './requests.ts';

let api: ApiUnderTest;
let admin: { token: string };
let ids: string[];
beforeAll(async () => {
  // Time stands still, so that no request updates when its session was last used.
  api = await startApi({ clock: new FakeClock() });
  const [operator, ana, ben] = [await api.person('admin'), await api.person('ana'), await api.person('ben')];
  admin = operator;
  const as = { token: operator.token };
  const group = (await api.call('createGroup', { name: 'Group', userIds: [ana.userId] }, as)).response;
  const channel = (await api.call('createChannel', { name: 'Channel' }, as)).response;
  const direct = (await api.call('openDirect', { userId: ben.userId }, as)).response;
  await api.call('sendMessage', { conversationId: group.id, clientMessageId: 'm', text: 'text' }, as);
  ids = [group.id, channel.id, direct.id, ana.userId, ben.userId, operator.userId];
});
afterAll(() => api.close());

/** What is stored, without what follows later than the answer. */
function stored(): string {
  const tables = JSON.parse(api.dump()) as [string, unknown[]][];
  return JSON.stringify(tables.filter(([name]) => !/^(feed|follower|totals|activity|read_positions)/.test(name)));
}

test('every request is answered as documented, and one that is refused as invalid changes nothing', async () => {
  const statuses = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(requests, async (placeholder) => {
      const { id, path, headers, body } = withIds(placeholder, ids);
      const { method }: Operation = operations[id];
      const before = stored();
      const answer = await api.fetch(path, {
        method,
        headers: { ...headers, authorization: `Bearer ${admin.token}` },
        ...(body === undefined ? {} : { body }),
      });
      const status = await checkAnswer(id, answer);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === 400) expect(stored()).toBe(before);
    }),
    fuzzed(600),
  );
  // The cases are of little use if most of them are refused for the same reason.
  expect(statuses.get(400)).toBeGreaterThan(50);
  expect((statuses.get(200) ?? 0) + (statuses.get(201) ?? 0)).toBeGreaterThan(50);
});
