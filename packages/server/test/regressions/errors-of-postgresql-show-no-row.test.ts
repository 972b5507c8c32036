import { expect, test } from 'bun:test';
import { getJsonLinesFormatter } from '@logtape/logtape';
import postgres from 'postgres';
import { failureOf } from '../../src/adapters/postgres/failures.ts';

const row = { detail: 'Failing row contains (7, secret message, $argon2id$…).', where: 'COPY secret message' };

/** The line that the server logs for the error. */
function logged(error: unknown): string {
  const at = { category: ['parley'], level: 'error', timestamp: 0, rawMessage: '{error}' } as const;
  return getJsonLinesFormatter()({ ...at, message: ['', error, ''], properties: { error } });
}

test.each(['23502', '53100'])('an error of PostgreSQL in the log has no values of a row: state %s', (code) => {
  const given = { message: 'null value in column "kind"', severity: 'ERROR', code, table_name: 'entries', ...row };
  const failure = failureOf(new postgres.PostgresError(given as never), 'main');
  expect(logged(failure)).toContain('null value in column');
  expect(logged(failure)).toContain('entries');
  expect(logged(failure)).not.toContain('secret message');
});
