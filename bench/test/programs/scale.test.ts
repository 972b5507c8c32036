import { expect, test } from 'bun:test';
import { titleWith } from '../../../packages/server/test/support/services.ts';
import { withoutOwnServices } from '../../system/own-services.ts';
import { figuresOf } from './run-bench.ts';

/**
 * Of a message that is alone in its batch, to a person on another edge: two statements, twelve commands with those of
 * scripts, and the command, two mailboxes and the feed. Idle processes do something now and then besides.
 */
const most = { 'PostgreSQL statements': 2.8, 'Redis commands': 14, 'Kafka records': 4 };

const absent = withoutOwnServices();

test.skipIf(absent !== null)(
  titleWith('a message has as many statements, Redis commands and Kafka records with any number of processes', absent),
  async () => {
    const small = ['--edges', '2,6', '--distributors', '1,3', '--people', '12', '--rate', '30', '--seconds', '5'];
    const figures = await figuresOf('scale', ...small);
    expect(figures.map(({ edges, distributors }) => [edges, distributors])).toEqual([
      [2, 1],
      [6, 1],
      [6, 3],
    ]);
    for (const row of figures) {
      expect((row['acknowledged'] ?? 0) + (row['refused'] ?? 0)).toBe(150);
      for (const [count, limit] of Object.entries(most)) {
        expect([count, row[count]]).toEqual([count, expect.any(Number)]);
        expect([count, (row[count] ?? 0) <= limit, row[count]]).toEqual([count, true, row[count]]);
      }
    }
  },
);
