import { beforeEach, describe, expect, test } from 'bun:test';
import type { UserId } from '@parley/protocol';
import { systemIds } from '../../src/platform/ids.ts';
import type { SearchPosition } from '../../src/platform/search-position.ts';
import { searchPrefixes } from '../../src/platform/search-terms.ts';
import { ConversationsUnderTest } from './conversations-under-test.ts';
import type { Stores } from './sqlite-stores.ts';

export function describeChannelSearch(storesOf: () => Stores): void {
  describe('channel search', () => {
    let stores: Stores;
    let conversations: ConversationsUnderTest;
    let ana: UserId;

    beforeEach(() => {
      stores = storesOf();
      conversations = new ConversationsUnderTest(stores);
      ana = systemIds.uuid();
    });

    const found = async (query: string, after: SearchPosition | null = null, limit = 100) =>
      stores.conversations.searchChannels({ prefixes: query === '' ? [''] : searchPrefixes(query), after, limit });
    const names = async (query: string) => (await found(query)).map(({ head }) => head.name);

    test('finds channels by prefixes of the name and of its words, ignoring case and accents, in the order of terms', async () => {
      for (const name of ['Café Society', 'Society of Cats', 'cafeteria', 'Dogs']) {
        await conversations.createChannel(ana, name);
      }
      expect(await names('CAFÉ')).toEqual(['Café Society', 'cafeteria']);
      expect(await names('soc')).toEqual(['Café Society', 'Society of Cats']);
      expect(await names('society of')).toEqual(['Society of Cats']);
      expect(await names('ats')).toEqual([]);
    });

    test('finds every channel once for an empty query', async () => {
      await conversations.createChannel(ana, 'one two three');
      await conversations.createChannel(ana, 'two');
      expect((await names('')).sort()).toEqual(['one two three', 'two']);
    });

    test('finds each channel once, under its first matching term', async () => {
      await conversations.createChannel(ana, 'north north-east northern');
      const [result, ...others] = await found('nor');
      expect(result?.term).toBe('north east northern');
      expect(others).toEqual([]);
    });

    test('finds neither groups nor closed channels', async () => {
      await conversations.create(ana, { name: 'quiet group' });
      const closedId = await conversations.createChannel(ana, 'quiet channel');
      expect(await names('quiet')).toEqual(['quiet channel']);
      await conversations.leave(closedId, ana);
      expect(await names('quiet')).toEqual([]);
    });

    test('uses the current name', async () => {
      const conversationId = await conversations.createChannel(ana, 'before');
      await conversations.rename(conversationId, ana, 'after all');
      expect([await names('before'), await names('after'), await names('all')]).toEqual([
        [],
        ['after all'],
        ['after all'],
      ]);
      await conversations.send(conversationId, ana, 'hello');
      expect((await found('after'))[0]?.head.messageCount).toBe(1);
    });

    test('pages by (term, id) without gaps or duplicates while channels are created', async () => {
      const made: string[] = [];
      for (const name of ['x', 'x', 'x b', 'xa', 'x\u{1f600}', 'x\u{fb03}', 'x\u{ffee}', 'xx']) {
        made.push(await conversations.createChannel(ana, name));
      }
      const seen: { head: { id: string }; term: string }[] = [];
      for (let page = await found('x', null, 2); page.length > 0; ) {
        seen.push(...page);
        await conversations.createChannel(ana, 'x before all');
        const last = page.at(-1);
        page = last ? await found('x', { term: last.term, id: last.head.id }, 2) : [];
      }
      const ids = seen.map(({ head }) => head.id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toEqual(expect.arrayContaining(made));
      const inOrder = (await found('x')).map(({ head }) => head.id);
      expect(ids).toEqual(inOrder.filter((id) => ids.includes(id)));
    });

    test('sorts terms by code points', async () => {
      const [later, earlier] = ['x\u{1f600}', 'x\u{e000}'];
      for (const name of [later, earlier]) await conversations.createChannel(ana, name);
      expect(await names('x')).toEqual([earlier, later]);
    });

    test('a position need not be a result', async () => {
      for (const name of ['before', 'middle', 'north']) await conversations.createChannel(ana, name);
      expect(await found('mid', { term: 'aaa', id: 'any' })).toHaveLength(1);
      expect(await found('mid', { term: 'zzz', id: 'any' })).toEqual([]);
    });
  });
}
