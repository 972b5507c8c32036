import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Person, RunningServer } from '../support/running-server.ts';

let server: RunningServer;
let ana: Person;
let room: string;
beforeAll(async () => {
  server = await RunningServer.start();
  ana = await server.person('ana', true);
  const { id: conversationId } = await server.call(ana, 'createGroup', { name: 'Group' });
  await server.call(ana, 'sendMessage', { conversationId, clientMessageId: 'm', text: 'text' });
  room = `/v1/conversations/${conversationId}`;
});
afterAll(() => server.stop());

const cursorOf = (position: unknown) => Buffer.from(JSON.stringify(position)).toString('base64url');

async function refusal(path: string): Promise<unknown> {
  const answer = await fetch(`${server.nextUrl()}${path}`, { headers: { authorization: `Bearer ${ana.token}` } });
  const { code, errors } = (await answer.json()) as { code?: string; errors?: { field: string }[] };
  return [answer.status, code, errors?.[0]?.field];
}

const lists: [path: () => string, positions: unknown[]][] = [
  [
    () => '/v1/users?q=a&',
    [
      ['a\0', 'x'],
      ['a', '\0'],
      ['\ud800', 'x'],
    ],
  ],
  [
    () => '/v1/channels?',
    [
      ['a\0', 'x'],
      ['a', '\0'],
    ],
  ],
  [() => '/v1/admin/users?', [['a\0'], ['\ud800']]],
  [
    () => '/v1/homepage?',
    [
      [1.5, 'x'],
      [1e300, 'x'],
      [-1, 'x'],
      [1, '\0'],
    ],
  ],
  [
    () => `${room}/members?`,
    [
      [1.5, 'x'],
      [1e300, 'x'],
      [1, '\0'],
    ],
  ],
  [() => `${room}/bans?`, [[-1], [2 ** 60]]],
  [() => `${room}/messages/2/reactions?emoji=${encodeURIComponent('👍')}&`, [['\0']]],
];

test('a cursor with text or numbers that no server makes is refused by its name', async () => {
  for (const [path, positions] of lists) {
    for (const position of positions) {
      const found = await refusal(`${path()}cursor=${cursorOf(position)}`);
      expect([path(), position, found]).toEqual([path(), position, [400, 'invalid_request', '/cursor']]);
    }
  }
});

test('an emoji with NUL is refused by its name', async () => {
  expect(await refusal(`${room}/messages/2/reactions?emoji=%00`)).toEqual([400, 'invalid_request', '/emoji']);
});

test('a log-in with NUL in the username is a wrong one', async () => {
  for (const username of ['ana\0', '\0', '\ud800']) {
    const answer = await fetch(`${server.nextUrl()}/v1/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password: 'not this one' }),
    });
    expect([username, answer.status]).toEqual([username, 401]);
  }
});
