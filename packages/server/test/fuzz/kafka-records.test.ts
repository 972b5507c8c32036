import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import * as z from 'zod/mini';
import { formatPart, parsePart } from '../../src/adapters/kafka/feed-records.ts';
import { deliveriesOf } from '../../src/adapters/kafka/mailbox-records.ts';
import { parseRecord } from '../../src/adapters/kafka/record-format.ts';
import type { Command } from '../../src/conversations/command.ts';
import { commandKinds } from '../../src/conversations/command-kinds.ts';
import { DistributionUnderTest } from '../distribution/distribution-under-test.ts';
import { valuesOf } from './grammar.ts';
import { mutatedJson } from './mutation.ts';
import { fuzzed } from './parameters.ts';

const people = ['ana', 'ben', 'cyd'];
const conversationIds = ['first', 'second'];

/** Commands as the schemas of their kinds allow, which is more than an edge writes. */
const commands = fc.oneof(
  ...Array.from(commandKinds, ([kind, { fields }]) =>
    fc
      .record({
        fields: valuesOf(z.strictObject(withIds(fields)), people),
        common: fc.record({
          conversationId: fc.constantFrom(...conversationIds),
          actorId: fc.constantFrom(...people),
          commandId: fc.oneof(fc.constantFrom('a', 'b', ' c', ''), fc.string({ unit: 'binary', maxLength: 20 })),
        }),
      })
      .map(({ fields, common }) => ({ ...(fields as object), ...common, kind })),
  ),
);

/** Fields that name users get the ids of this test. */
function withIds(fields: Record<string, z.ZodMiniType>): Record<string, z.ZodMiniType> {
  const id = z.enum(people as [string, ...string[]]);
  return Object.fromEntries(
    Object.entries(fields).map(([name, schema]) => {
      if (name === 'userIds') return [name, z.array(id)];
      return [name, /^(userId|partnerId)$/.test(name) ? id : schema];
    }),
  );
}

const replyTo = { serverId: 'server', requestId: 'request' };
const bytes = (text: string) => Buffer.from(text);
const texts = (values: fc.Arbitrary<unknown>) =>
  fc.oneof(
    values.map((value) => JSON.stringify(value)),
    mutatedJson(values),
    fc.string({ unit: 'binary' }),
  );

describe('any record of the command log', () => {
  test('is read as a command, as one of a later version, or as malformed with a reason', () => {
    const records = texts(fc.record({ command: commands, replyTo: fc.constant(replyTo) }));
    const kinds = new Set<string>();
    fc.assert(
      fc.property(records, (text) => {
        const parsed = parseRecord({ value: bytes(text), headers: [] });
        kinds.add(parsed.kind);
        if (parsed.kind === 'malformed') expect(parsed.malformed.reason).not.toBeEmpty();
        if (parsed.kind === 'command') expect(parsed.record.replyTo.serverId).toMatch(/^[\w.-]{1,100}$/);
      }),
      fuzzed(1_500),
    );
    expect([...kinds].sort()).toEqual(['command', 'malformed']);
  });

  test('that is read as a command is decided or set aside, and the commands around it are carried out', async () => {
    const batches = fc.array(commands, { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(batches, async (batch) => {
        const distribution = await DistributionUnderTest.start(people);
        const read = batch.flatMap((command): Command[] => {
          const parsed = parseRecord({ value: bytes(JSON.stringify({ command, replyTo })), headers: [] });
          return parsed.kind === 'command' ? [parsed.record.command] : [];
        });
        const [conversationId = ''] = conversationIds;
        const own = { conversationId: 'own', actorId: 'ana' };
        const room = {
          conversationKind: 'group',
          name: 'n',
          description: '',
          announceOnly: false,
          history: 'all',
        } as const;
        await distribution.distribute([{ ...own, ...room, kind: 'create', commandId: ' own', userIds: ['ben'] }]);
        await distribution.distribute([...read, { ...own, kind: 'send', commandId: 'last', text: 'last' }]);
        expect((await distribution.log('own')).at(-1)).toMatchObject({ kind: 'message', text: 'last' });
        const numbers = (await distribution.log(conversationId)).map(({ seq }) => seq);
        expect(numbers).toEqual(numbers.map((_, index) => index + 1));
      }),
      fuzzed(100),
    );
  });
});

test('any record of the feed is a part, which is written as it was read, or refused', () => {
  const record = fc.tuple(fc.uuid(), fc.nat(), fc.nat(), fc.constantFrom('message', 'edit'), fc.nat());
  const part = fc.record({
    log: fc.string(),
    from: fc.nat(),
    to: fc.nat(),
    records: fc.array(record, { maxLength: 3 }),
  });
  let read = 0;
  fc.assert(
    fc.property(texts(part), (text) => {
      try {
        const parsed = parsePart(1, bytes(text));
        read++;
        expect(parsePart(1, bytes(formatPart(parsed)))).toEqual(parsed);
      } catch (error) {
        if (!(error instanceof SyntaxError)) expect(String(error)).toContain('it is no part of a feed');
      }
    }),
    fuzzed(1_500),
  );
  expect(read).toBeGreaterThan(100);
});

test('any record of a mailbox is a list of deliveries, or none', () => {
  const delivery = fc.record({ kind: fc.constantFrom('entry', 'presence', 'later'), userId: fc.string() });
  const trace: [Buffer, Buffer][] = [[bytes('traceparent'), bytes('00-1-2-01')]];
  const counts = { lists: 0, none: 0 };
  fc.assert(
    fc.property(texts(fc.array(delivery, { maxLength: 3 })), fc.boolean(), (text, isTraced) => {
      const deliveries = deliveriesOf({ value: bytes(text), headers: isTraced ? trace : [] });
      counts[deliveries === null ? 'none' : 'lists']++;
      for (const { kind } of deliveries ?? []) expect(kind).toBeString();
    }),
    fuzzed(1_500),
  );
  expect(counts.lists).toBeGreaterThan(100);
  expect(counts.none).toBeGreaterThan(100);
});
