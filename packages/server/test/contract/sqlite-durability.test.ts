import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { databaseFile } from '../../src/adapters/sqlite/database.ts';
import { verify } from '../../src/adapters/sqlite/verify.ts';
import type { AcknowledgedWrite } from '../support/sqlite-writer-process.ts';
import { type Stores, sqliteStores } from './sqlite-stores.ts';

const writer = fileURLToPath(new URL('../support/sqlite-writer-process.ts', import.meta.url));

/** Has another process write until `count` writes are acknowledged, then kills it during the next ones. */
async function acknowledgedBeforeKill(folder: string, count: number): Promise<AcknowledgedWrite[]> {
  const child = Bun.spawn([process.execPath, writer, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const decoder = new TextDecoder();
  let printed = '';
  for await (const chunk of child.stdout) {
    printed += decoder.decode(chunk, { stream: true });
    if (printed.split('\n').length > count) child.kill('SIGKILL');
  }
  await child.exited;
  expect(child.signalCode).toBe('SIGKILL');
  const lines = printed.slice(0, printed.lastIndexOf('\n')).split('\n');
  return lines.map((line) => JSON.parse(line) as AcknowledgedWrite);
}

async function isThere(stores: Stores, write: AcknowledgedWrite): Promise<boolean> {
  switch (write.kind) {
    case 'entry': {
      const { conversationId, seq, text } = write;
      const only = { fromSeq: seq, toSeq: seq, order: 'oldest_first', limit: 1, textBytes: 1_000 } as const;
      const [entry] = await stores.history.range({ conversationId, ...only });
      return entry?.kind === 'message' && entry.text === text;
    }
    case 'user':
      return (await stores.users.byUsername(write.username)) !== undefined;
    case 'session':
      return (await stores.users.sessionByToken(write.tokenHash)) !== undefined;
  }
}

describe('sqlite: SIGKILL', () => {
  test.each([1, 20, 200, 2_000])('after %d acknowledged writes loses none of them (contract 1)', async (count) => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-durability-'));
    const writes = await acknowledgedBeforeKill(folder, count);
    expect(writes.length).toBeGreaterThanOrEqual(count);
    const stores = sqliteStores(folder);
    const lost: AcknowledgedWrite[] = [];
    for (const write of writes) if (!(await isThere(stores, write))) lost.push(write);
    expect(lost).toEqual([]);
    expect(verify(join(folder, databaseFile)).faults).toEqual([]);
    await stores.close();
    rmSync(folder, { recursive: true });
  });
});
