import { beforeEach, expect, test } from 'bun:test';
import { limits, type ServerFrame } from '@parley/protocol';
import { Disconnected, ParleyError } from '../src/index.ts';
import { type Watch, Watches } from '../src/watches.ts';
import { idle } from './support/idle.ts';

let told: Watch[];
let failures: unknown[];
let later: { delayMs: number; run(): void }[];
let outcome: () => Promise<ServerFrame>;
let watches: Watches;
beforeEach(() => {
  told = [];
  failures = [];
  later = [];
  outcome = () => Promise.resolve({ type: 'presence', users: [], conversations: [] });
  const request = (frame: object) => {
    told.push(frame);
    return outcome();
  };
  watches = new Watches(
    { request },
    {
      after(delayMs, run) {
        later.push({ delayMs, run });
        return () => undefined;
      },
    },
    () => undefined,
    (error) => failures.push(error),
  );
});

const many = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

test('changes within one turn are sent once, each user once', async () => {
  watches.add({ userIds: ['ana', 'ben'] });
  const undo = watches.add({ userIds: ['eve'] });
  watches.add({ userIds: ['ben', 'cleo'], conversationIds: ['room'], typingIn: ['room'] });
  undo();
  await idle();
  expect(told).toMatchObject([{ userIds: ['ben', 'cleo', 'ana'], conversationIds: ['room'], typingIn: ['room'] }]);
});

test('users that no view watches any more are not sent', async () => {
  const undo = watches.add({ userIds: ['ana', 'ben'] });
  watches.add({ userIds: ['ben'] });
  await idle();
  undo();
  undo();
  await idle();
  expect(told.map(({ userIds }) => userIds)).toEqual([['ben', 'ana'], ['ben']]);
});

test('beyond the limits, the newest watches count', async () => {
  watches.add({
    userIds: many('old', limits.watchedUsers),
    conversationIds: many('old room', limits.watchedConversations),
    typingIn: many('old talk', limits.watchedTyping),
  });
  watches.add({ userIds: ['new'], conversationIds: ['new room'], typingIn: ['new talk'] });
  await idle();
  expect(told[0]?.userIds).toEqual(['new', ...many('old', limits.watchedUsers - 1)]);
  expect(told[0]?.conversationIds).toEqual(['new room', ...many('old room', limits.watchedConversations - 1)]);
  expect(told[0]?.typingIn).toEqual(['new talk', ...many('old talk', limits.watchedTyping - 1)]);
});

test('after a reconnect, existing watches are sent again', async () => {
  watches.resume();
  await idle();
  expect(told).toEqual([]);
  watches.add({ userIds: ['ana'] });
  await idle();
  watches.resume();
  await idle();
  expect(told).toHaveLength(2);
});

test('an error response is reported; a missing connection is not', async () => {
  outcome = () => Promise.reject(new Disconnected('not connected'));
  watches.add({ userIds: ['ana'] });
  await idle();
  expect(failures).toEqual([]);
  const refusal = new ParleyError('invalid_request', 'not so');
  outcome = () => Promise.reject(refusal);
  watches.add({ userIds: ['ben'] });
  await idle();
  expect(failures).toEqual([refusal]);
});

test('a watch that the server cannot register now is sent again after the time that it names', async () => {
  outcome = () => Promise.reject(new ParleyError('unavailable', 'not now', null, [], 2_500));
  watches.add({ userIds: ['ana'] });
  await idle();
  expect(later.map(({ delayMs }) => delayMs)).toEqual([2_500]);
  outcome = () => Promise.resolve({ type: 'presence', users: [], conversations: [] });
  watches.add({ userIds: ['ben'] });
  await idle();
  later[0]?.run();
  await idle();
  expect(told.map(({ userIds }) => userIds)).toEqual([['ana'], ['ben', 'ana'], ['ben', 'ana']]);
  expect(failures).toEqual([]);
  expect(later).toHaveLength(1);
});
