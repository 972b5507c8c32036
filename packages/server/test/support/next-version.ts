// Loaded before the program (`bun --preload`) to make it a possible next version: the schema has one more step, which
// adds a column with a default and a generated column to every table, and a table; commands and deliveries have
// additional fields, and mailboxes get deliveries of a kind that this version does not know.
import { KafkaCommandLog } from '../../src/adapters/kafka/command-log.ts';
import { KafkaMailboxes } from '../../src/adapters/kafka/mailboxes.ts';
import { type SchemaStep, schemaSteps } from '../../src/adapters/postgres/schema-steps.ts';
import type { Delivery } from '../../src/connections/mailbox-port.ts';
import { laterColumns } from './later-columns.ts';

const steps = schemaSteps as SchemaStep[];
steps.push({
  statements: `
    ${laterColumns}
    ALTER TABLE entries ADD COLUMN of_the_next_version text;
    CREATE TABLE entries_of_the_next_version (shard smallint, conversation_id text, seq bigint, PRIMARY KEY (shard, conversation_id, seq));
  `,
  worksFrom: steps.length,
});

const { append } = KafkaCommandLog.prototype;
KafkaCommandLog.prototype.append = function appendWithMore(record) {
  const command = { ...record.command, threadOf: null };
  return append.call(this, { ...record, command, priority: 'usual' } as typeof record);
};

const { deliver } = KafkaMailboxes.prototype;
KafkaMailboxes.prototype.deliver = function deliverWithMore(serverId, deliveries) {
  const reaction = { kind: 'reaction', emoji: '🎉' } as unknown as Delivery;
  const more = deliveries.flatMap((delivery) => [reaction, { ...delivery, hops: 1 }]);
  return deliver.call(this, serverId, more);
};
