import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../../tools/free-port.mjs';
import { verifyDatabase } from '../../src/compose/embedded.ts';
import { ServerProcess } from '../support/server-process.ts';
import { Witnesses } from '../support/witnesses.ts';

const kills = 20;
const people = 8;

let data: string;
beforeAll(() => {
  data = mkdtempSync(join(tmpdir(), 'parley-kill-'));
});
afterAll(() => {
  rmSync(data, { recursive: true, force: true });
});

test('contract 1–4: SIGKILL at random moments under load loses, duplicates and reorders no messages and no amendments', async () => {
  // Nothing else gets this port while no server listens there.
  const settings = { data, port: String(await freePort()) };
  let server = await ServerProcess.start({ settings });
  const { url } = server;
  const witnesses = await Witnesses.gather(people, () => url);
  witnesses.write();
  for (let round = 0; round < kills; round++) {
    // At a random moment under load.
    await witnesses.untilAcknowledged(20 + Math.floor(Math.random() * 200));
    await server.kill();
    server = await ServerProcess.start({ settings });
    witnesses.connectNow();
  }
  await witnesses.stopWriting();
  expect((await witnesses.agree()).length).toBeGreaterThan(kills * 20);
  expect(witnesses.amendments.kinds).toEqual(['delete', 'edit', 'pin', 'react']);
  witnesses.leave();
  expect(await server.stop()).toBe(0);
  expect(verifyDatabase(data).faults).toEqual([]);
}, 600_000);
