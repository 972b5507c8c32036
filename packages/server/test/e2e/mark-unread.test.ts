import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Person, RunningServer } from '../support/running-server.ts';
import type { WireClient } from '../support/wire-client.ts';

let server: RunningServer;
let ana: Person;
let ben: Person;
let cleo: Person;
beforeAll(async () => {
  server = await RunningServer.start();
  [ana, ben, cleo] = (await server.people('person', 3)) as [Person, Person, Person];
});
afterAll(() => server.stop());

/** A group of Ana and Ben in which Ana wrote: entry 1 creates it, entry 2 adds Ben, messages follow from 3 on. */
async function group(messages: number, input: { history?: 'all' | 'since_joining' } = {}): Promise<string> {
  const { id } = await server.call(ana, 'createGroup', { name: 'g', ...input });
  await server.call(ana, 'addMembers', { conversationId: id, userIds: [ben.account.id] });
  for (let n = 0; n < messages; n++) await say(id);
  return id;
}

let sent = 0;
async function say(conversationId: string): Promise<number> {
  const message = { conversationId, clientMessageId: `m${++sent}`, text: 'hello' };
  return (await server.call(ana, 'sendMessage', message)).seq;
}

const seenBy = async (person: Person, conversationId: string) => {
  const { unreadCount, membership } = await server.call(person, 'getConversation', { conversationId });
  const { readSeq, readVersion } = membership ?? {};
  return { unreadCount, readSeq, readVersion };
};
const mark = (client: WireClient, conversationId: string, seq: number, [readSeq, readVersion]: [number, number]) =>
  client.request({ type: 'unread', conversationId, seq, readSeq, readVersion });
const read = (client: WireClient, conversationId: string, seq: number, readVersion?: number) =>
  client.request({ type: 'read', conversationId, seq, ...(readVersion !== undefined && { readVersion }) });

describe('marking as unread', () => {
  test('moves the position back on all devices of the user, until one of them reads', async () => {
    const id = await group(4);
    const [phone, laptop] = await Promise.all([server.wire(ben), server.wire(ben)]);
    await read(phone, id, 6, 0);
    expect(await mark(phone, id, 4, [6, 0])).toMatchObject({ seq: 3, messageCount: 1, readVersion: 1 });
    expect(await laptop.next('read', ({ seq }) => seq === 3)).toMatchObject({ messageCount: 1, readVersion: 1 });
    expect(await seenBy(ben, id)).toEqual({ unreadCount: 3, readSeq: 3, readVersion: 1 });
    const { conversations } = await server.call(ben, 'getHomepage', {});
    expect(conversations.find((each) => each.id === id)).toMatchObject({ unreadCount: 3 });
    // The laptop had this under way when the mark was made.
    expect(await read(laptop, id, 6, 0)).toMatchObject({ seq: 3, readVersion: 1 });
    expect(await read(laptop, id, 5, 1)).toMatchObject({ seq: 5, messageCount: 3, readVersion: 1 });
    expect(await seenBy(ben, id)).toEqual({ unreadCount: 1, readSeq: 5, readVersion: 1 });
    // A client of an earlier version knows no versions.
    expect(await read(laptop, id, 6)).toMatchObject({ seq: 6, readVersion: 1 });
    await Promise.all([phone.close(), laptop.close()]);
  });

  test('has no effect if the position has moved since, and a repetition none either', async () => {
    const id = await group(4);
    const [phone, laptop] = await Promise.all([server.wire(ben), server.wire(ben)]);
    await read(phone, id, 4, 0);
    await read(laptop, id, 6, 0);
    expect(await mark(phone, id, 3, [4, 0])).toMatchObject({ seq: 6 });
    expect(await seenBy(ben, id)).toEqual({ unreadCount: 0, readSeq: 6, readVersion: undefined });
    expect(await mark(laptop, id, 5, [6, 0])).toMatchObject({ seq: 4, readVersion: 1 });
    for (const client of [laptop, phone]) {
      expect(await mark(client, id, client === phone ? 3 : 5, [6, 0])).toMatchObject({ seq: 4, readVersion: 1 });
    }
    await Promise.all([phone.close(), laptop.close()]);
  });

  test('and reading at the same moment on two devices has one result on both', async () => {
    const [phone, laptop] = await Promise.all([server.wire(ben), server.wire(ben)]);
    for (let round = 0; round < 4; round++) {
      const id = await group(3);
      await read(phone, id, 4, 0);
      const both = [() => mark(phone, id, 3, [4, 0]), () => read(laptop, id, 5, 0)];
      const answers = await Promise.all((round % 2 === 0 ? both : both.toReversed()).map((run) => run()));
      const { readSeq, readVersion } = await seenBy(ben, id);
      const result = readVersion === 1 ? { seq: 2, readVersion } : { seq: 5 };
      expect(readSeq).toBe(result.seq);
      for (const answer of answers) expect(answer).toMatchObject(result);
      for (const client of [phone, laptop]) await client.next('read', ({ seq }) => seq === result.seq);
    }
    await Promise.all([phone.close(), laptop.close()]);
  });

  test('is among the positions that changed while a device was away', async () => {
    const id = await group(4);
    await server.call(ben, 'markRead', { conversationId: id, seq: 6 });
    const away = await server.wire(ben);
    const { readRevision = 0 } = await away.next('welcome');
    await away.close();
    const marked = { seq: 3, messageCount: 1, readVersion: 1 };
    const request = { conversationId: id, seq: 4, readSeq: 6, readVersion: 0 };
    expect(await server.call(ben, 'markUnread', request)).toEqual(marked);
    const changed = await server.call(ben, 'getReadPositions', { after: readRevision });
    expect(changed.positions).toEqual([{ conversationId: id, ...marked }]);
  });

  test('changes nothing that other members see of reading', async () => {
    const id = await group(4);
    const [phone, other] = await Promise.all([server.wire(ben), server.wire(ana)]);
    const receipt = async () => {
      const { members } = await server.call(ana, 'listMembers', { conversationId: id });
      return members.find(({ user }) => user.id === ben.account.id)?.readSeq;
    };
    await read(phone, id, 5, 0);
    await mark(phone, id, 4, [5, 0]);
    await mark(phone, id, 3, [3, 1]);
    expect(await receipt()).toBe(5);
    for (const seq of [4, 5]) await read(phone, id, seq, 2);
    expect(await receipt()).toBe(5);
    await read(phone, id, 6, 2);
    expect(await receipt()).toBe(6);
    // Frames of one user's requests, one after the other, arrive in this order.
    const last = await other.next('read', ({ seq }) => seq === 6);
    expect(last).not.toHaveProperty('readVersion');
    expect(other.of('read').map(({ seq }) => seq)).toEqual([5, 6]);
    await Promise.all([phone.close(), other.close()]);
  });

  test('of an entry beyond the read position reads the entries before it', async () => {
    const id = await group(4);
    const phone = await server.wire(ben);
    expect(await mark(phone, id, 5, [2, 0])).toMatchObject({ seq: 4, messageCount: 2, readVersion: 1 });
    expect(await seenBy(ben, id)).toMatchObject({ unreadCount: 2 });
    await phone.close();
  });

  test('is possible from a notice and from a deleted message', async () => {
    const id = await group(2);
    await server.call(ana, 'addMembers', { conversationId: id, userIds: [cleo.account.id] });
    await say(id);
    const deletion = { conversationId: id, seq: 4, amendmentId: 'd', change: { kind: 'delete' } } as const;
    await server.call(ana, 'amendMessage', deletion);
    const phone = await server.wire(ben);
    await read(phone, id, 6, 0);
    expect(await mark(phone, id, 5, [6, 0])).toMatchObject({ seq: 4, messageCount: 2 });
    expect(await seenBy(ben, id)).toMatchObject({ unreadCount: 1 });
    expect(await mark(phone, id, 4, [4, 1])).toMatchObject({ seq: 3, messageCount: 1 });
    expect(await seenBy(ben, id)).toMatchObject({ unreadCount: 2 });
    await phone.close();
  });

  test('of an entry before joining, or of one that does not exist, is refused with what is allowed', async () => {
    const allowed = 'must be from 3, the first entry after you joined, to 5, the newest one';
    for (const history of ['all', 'since_joining'] as const) {
      const id = await group(3, { history });
      for (const seq of [1, 2, 6]) {
        const request = { conversationId: id, seq, readSeq: 5, readVersion: 0 };
        await expect(server.call(ben, 'markUnread', request)).rejects.toMatchObject({
          code: 'invalid_request',
          errors: [{ field: '/seq', rule: allowed }],
        });
      }
      const phone = await server.wire(ben);
      expect(await mark(phone, id, 6, [5, 0])).toMatchObject({ code: 'invalid_request', message: `/seq ${allowed}` });
      expect(await mark(phone, id, 0, [5, 0])).toMatchObject({ code: 'invalid_request', field: '/seq' });
      expect(await seenBy(ben, id)).toEqual({ unreadCount: 3, readSeq: 2, readVersion: undefined });
      await phone.close();
    }
  });

  test('is refused for users who are not members, as in a conversation that does not exist', async () => {
    const id = await group(1);
    const request = { conversationId: id, seq: 3, readSeq: 3, readVersion: 0 };
    const refusal = { code: 'not_found', message: 'There is no such conversation, or you are not a member of it.' };
    await expect(server.call(cleo, 'markUnread', request)).rejects.toMatchObject(refusal);
    await server.call(ben, 'leaveConversation', { conversationId: id });
    await expect(server.call(ben, 'markUnread', request)).rejects.toMatchObject(refusal);
  });
});
