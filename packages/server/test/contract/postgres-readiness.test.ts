import { describe, expect, test } from 'bun:test';
import postgres from 'postgres';
import { initialise } from '../../src/adapters/postgres/initialise.ts';
import { WriteProbe } from '../../src/adapters/postgres/write-probe.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { serversOfEachTest, shardsUnderTest } from './postgres-under-test.ts';

const absent = withoutService('postgres');

describe.skipIf(absent !== null)(titleWith('postgres: readiness', absent), () => {
  const made = serversOfEachTest();

  test('a cluster is ready when all its servers can be written, and not when one is read-only', async () => {
    await initialise(made.servers, shardsUnderTest);
    await new WriteProbe(await made.open()).check();
    const [, second] = made.servers;
    const sql = postgres(second.url, { max: 1 });
    await sql.unsafe(`ALTER DATABASE ${new URL(second.url).pathname.slice(1)} SET default_transaction_read_only = on`);
    await sql.end();
    await expect(new WriteProbe(await made.open()).check()).rejects.toThrow('read-only');
  });
});
