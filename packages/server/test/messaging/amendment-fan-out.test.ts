import { beforeEach, describe, expect, test } from 'bun:test';
import { limits } from '@parley/protocol';
import { AcknowledgedReactions } from '../../src/messaging/acknowledged-reactions.ts';
import { fillMax } from '../../src/messaging/amendment-fan-out.ts';
import { amendmentsFeature } from '../../src/platform/features.ts';
import { conversationId, type Device, FanOutUnderTest } from './amendment-fan-out-under-test.ts';

let under: FanOutUnderTest;
beforeEach(() => {
  under = new FanOutUnderTest();
});

describe('order', () => {
  test('amendments are sent as they come, to every device of the recipients that supports them', () => {
    const [ana, ben, older] = [under.connect('ana'), under.connect('ben'), under.connect('ben', [])];
    const stranger = under.connect('stranger');
    under.fanOut.deliver(under.amend(7));
    under.fanOut.deliver(under.amend(8));
    for (const device of [ana, ben]) expect(device.ranges).toEqual(['0-1: 7', '1-2: 8']);
    for (const device of [older, stranger]) expect(device.frames).toEqual([]);
  });

  test('a copy that comes again, or late, is dropped', () => {
    const ana = under.connect('ana');
    const first = under.amend(7);
    const second = under.amend(7);
    for (const copy of [first, second, first, second]) under.fanOut.deliver(copy);
    expect(ana.ranges).toEqual(['0-1: 7', '1-2: 7']);
  });

  test('missing amendments are read once for all devices, and later ones wait for them', async () => {
    const devices = [under.connect('ana'), under.connect('ana'), under.connect('ben')];
    under.fanOut.deliver(under.amend(7));
    under.amend(8);
    under.amend(9);
    under.fanOut.deliver(under.amend(8));
    under.fanOut.deliver(under.amend(10));
    await under.settle();
    for (const device of devices) expect(device.ranges).toEqual(['0-1: 7', '1-4: 9,8', '4-5: 10']);
    expect(under.historyReads).toBe(1);
    expect(under.failures).toEqual([]);
  });

  test('when the history cannot be read, what has arrived is sent, so that clients see the gap', async () => {
    const ana = under.connect('ana');
    under.fanOut.deliver(under.amend(7));
    under.amend(8);
    under.historyFails = true;
    under.fanOut.deliver(under.amend(9));
    await under.settle();
    expect(ana.ranges).toEqual(['0-1: 7', '2-3: 9']);
    expect(under.failures).toHaveLength(1);
  });

  test('a gap is not read for users who came after it, nor when it is too large', async () => {
    under.connect('ben', []);
    under.fanOut.deliver(under.amend(7, {}, { recipientIds: ['ben'] }));
    under.amend(8);
    const ana = under.connect('ana');
    under.fanOut.deliver(under.amend(9, {}, { recipientIds: ['ana'] }));
    for (let count = 0; count <= fillMax; count++) under.amend(10);
    under.fanOut.deliver(under.amend(11));
    await under.settle();
    expect(ana.ranges).toEqual(['2-3: 9', `${under.revision - 1}-${under.revision}: 11`]);
    expect(under.historyReads).toBe(0);
  });
});

describe('bounds of members (contract 8)', () => {
  const bounded = { visibleToAll: false, recipientIds: ['ana', 'ben', 'cy'] };

  beforeEach(() => {
    under.members.set('ana', { visibleFromSeq: 1, leftSeq: null });
    under.members.set('ben', { visibleFromSeq: 50, leftSeq: null });
    under.members.set('cy', { visibleFromSeq: 1, leftSeq: 60 });
  });

  test('those who may not see the message learn only that the revision moved; former members learn nothing', async () => {
    const [ana, ben, cy] = [under.connect('ana'), under.connect('ben'), under.connect('cy')];
    under.fanOut.deliver(under.amend(7, {}, bounded));
    under.fanOut.deliver(under.amend(51, {}, bounded));
    await under.settle();
    expect(ana.ranges).toEqual(['0-1: 7', '1-2: 51']);
    expect(ben.ranges).toEqual(['0-1: ', '1-2: 51']);
    expect(cy.frames).toEqual([]);
    expect(under.memberReads).toBe(3);
  });

  test('bounds are read again after the members changed', async () => {
    const ben = under.connect('ben');
    under.fanOut.deliver(under.amend(7, {}, bounded));
    await under.settle();
    under.members.set('ben', { visibleFromSeq: 1, leftSeq: null });
    under.fanOut.deliver(under.amend(7, {}, { ...bounded, membershipSeq: 3 }));
    await under.settle();
    expect(ben.ranges).toEqual(['0-1: ', '1-2: 7']);
  });

  test('in a group of a broadcast conversation, too, where everybody who may see it gets one frame', async () => {
    const [ana, ben, cy] = [under.connect('ana'), under.connect('ben'), under.connect('cy')];
    for (const { connection } of [ana, ben, cy]) await under.groups.enter(conversationId, connection);
    const broadcast = { visibleToAll: false, broadcast: true, recipientIds: [] };
    under.fanOut.deliver(under.amend(7, {}, broadcast));
    await under.settle();
    expect([ana, ben, cy].map(({ ranges }) => ranges)).toEqual([['0-1: 7'], ['0-1: '], []]);
  });

  test('a user whose membership ends gets nothing that waits', async () => {
    const [ana, ben] = [under.connect('ana'), under.connect('ben')];
    under.fanOut.deliver(under.amend(7));
    under.amend(8);
    under.fanOut.deliver(under.amend(9));
    under.fanOut.leave(conversationId, 'ben');
    await under.settle();
    expect(ana.ranges).toEqual(['0-1: 7', '1-3: 8,9']);
    expect(ben.ranges).toEqual(['0-1: 7']);
  });
});

describe('broadcast conversations', () => {
  const broadcast = { broadcast: true, recipientIds: [] };

  async function inGroup(...userIds: string[]): Promise<Device[]> {
    const devices = userIds.map((userId) => under.connect(userId));
    for (const { connection } of devices) await under.groups.enter(conversationId, connection);
    return devices;
  }

  test('5,000 reactions in a second are at most two frames, and the last state arrives', async () => {
    const devices = await inGroup('ana', 'ben', 'cy');
    for (let count = 1; count <= 5_000; count++) {
      under.fanOut.deliver(under.amend(7, { reactions: [{ emoji: '👍', count }] }, broadcast));
      if (count % 500 === 0) under.clock.advance(100);
    }
    under.clock.advance(limits.amendedIntervalMs);
    for (const { amended } of devices) {
      expect(amended.length).toBeLessThanOrEqual(4);
      expect(amended.at(-1)).toMatchObject({ revision: 5_000, entries: [{ reactions: [{ count: 5_000 }] }] });
      expect(amended.map(({ after }) => after)).toEqual([0, ...amended.slice(0, -1).map(({ revision }) => revision)]);
    }
  });

  test('a device that declares the feature later gets amendments from then on', async () => {
    const device = under.connect('ana', []);
    await under.groups.enter(conversationId, device.connection);
    under.fanOut.deliver(under.amend(7, {}, broadcast));
    under.clock.advance(limits.amendedIntervalMs);
    device.connection.declare(new Set([amendmentsFeature]));
    under.groups.featuresChanged(device.connection);
    under.fanOut.deliver(under.amend(8, {}, broadcast));
    expect(device.ranges).toEqual(['1-2: 8']);
  });

  test("a user's other devices learn of a reaction; the one that made it learned by the acknowledgement", async () => {
    const [here, there, ben] = await inGroup('ana', 'ana', 'ben');
    const reaction = { emoji: '👍', set: true };
    if (here) here.connection.acknowledgedReactions = new AcknowledgedReactions();
    here?.connection.acknowledgedReactions?.add(conversationId, { seq: 7, ...reaction });
    under.fanOut.deliver(under.amend(7, { reactions: [{ emoji: '👍', count: 1 }] }, { ...broadcast, reaction }));
    expect(
      [here, there, ben].map((device) => device?.amended.flatMap(({ ownReactions }) => ownReactions ?? [])),
    ).toEqual([[], [{ seq: 7, ...reaction }], []]);
    expect(there?.ranges).toEqual(['0-1: 7', '1-1: ']);
  });
});

describe('before a client has declared its features', () => {
  const supported = new Set([amendmentsFeature]);

  test('amendments are held, and sent in order once it supports them', async () => {
    const [declares, older, inGroup] = ['ana', 'ana', 'cy'].map((userId) => under.connect(userId, null)) as Device[];
    await under.groups.enter(conversationId, (inGroup as Device).connection);
    for (const seq of [7, 8]) under.fanOut.deliver(under.amend(seq));
    expect([declares, older, inGroup].map((device) => device?.frames)).toEqual([[], [], []]);
    for (const device of [declares, inGroup]) {
      device?.connection.declare(supported);
      under.groups.featuresChanged((device as Device).connection);
    }
    older?.connection.declare(new Set());
    under.fanOut.deliver(under.amend(9));
    for (const device of [declares, inGroup]) expect(device?.ranges).toEqual(['0-1: 7', '1-2: 8', '2-3: 9']);
    expect(older?.frames).toEqual([]);
  });

  test('if there are too many of them, the client is resynchronised', () => {
    const device = under.connect('ana', null);
    for (let count = 0; count < 10; count++) under.fanOut.deliver(under.amend(7, { text: 'x'.repeat(10_000) }));
    device.connection.declare(supported);
    expect(device.frames.map(({ type }) => type)).toEqual(['resync']);
  });
});

describe('own reactions', () => {
  test('the frame of the user who reacted has them, in the last state', () => {
    const [ana, ben] = [under.connect('ana'), under.connect('ben')];
    const reactions = [{ emoji: '👍', count: 1 }];
    under.fanOut.deliver(under.amend(7, { reactions }, { reaction: { emoji: '👍', set: true } }));
    expect(ana.amended[0]?.ownReactions).toEqual([{ seq: 7, emoji: '👍', set: true }]);
    expect(ben.amended[0]?.ownReactions).toBeUndefined();
  });

  test('after a gap, each user gets their own as the history has them', async () => {
    const [ana, ben] = [under.connect('ana'), under.connect('ben')];
    under.fanOut.deliver(under.amend(7));
    under.amend(8, { reactions: [{ emoji: '👍', count: 1 }] });
    under.reacted.add('ben 8 👍');
    under.fanOut.deliver(under.amend(9));
    await under.settle();
    expect(ana.amended.at(-1)?.ownReactions).toEqual([{ seq: 8, emoji: '👍', set: false }]);
    expect(ben.amended.at(-1)?.ownReactions).toEqual([{ seq: 8, emoji: '👍', set: true }]);
  });

  test('a reaction whose copy arrives while a gap is read is sent with its revision', async () => {
    const ana = under.connect('ana');
    const reactions = [{ emoji: '👍', count: 1 }];
    under.fanOut.deliver(under.amend(7));
    under.amend(8, { reactions });
    under.fanOut.deliver(under.amend(9));
    under.fanOut.deliver(under.amend(10, { reactions }, { reaction: { emoji: '👍', set: true } }));
    await under.settle();
    expect(ana.ranges).toEqual(['0-1: 7', '1-3: 8,9', '3-4: 10']);
    expect(ana.amended.map(({ ownReactions }) => ownReactions)).toEqual([
      undefined,
      [{ seq: 8, emoji: '👍', set: false }],
      [{ seq: 10, emoji: '👍', set: true }],
    ]);
  });
});
