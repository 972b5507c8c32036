import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../../tools/free-port.mjs';
import { verifyDatabase } from '../../src/compose/embedded.ts';
import { type FillableDisk, fillableDisk, noFillableDisk } from '../support/fillable-disk.ts';
import { PersonOverHttp } from '../support/person-over-http.ts';
import { ServerProcess } from '../support/server-process.ts';
import { titleWith } from '../support/services.ts';
import { until } from '../support/until.ts';
import { Witnesses } from '../support/witnesses.ts';

const title = (what: string) => (noFillableDisk === null ? what : `${what} (${noFillableDisk})`);

let parent: string;
let disk: FillableDisk;
let data: string;

beforeEach(async () => {
  if (noFillableDisk !== null) return;
  parent = mkdtempSync(join(tmpdir(), 'parley-full-'));
  disk = await fillableDisk(parent);
  data = join(disk.folder, 'data');
});
afterEach(() => {
  if (noFillableDisk !== null) return;
  disk.remove();
  rmSync(parent, { recursive: true, force: true });
});

const start = (port: number) =>
  ServerProcess.start({ settings: { data, port: String(port) }, environment: disk.environment });

function untilReadiness(url: string, wanted: number): Promise<void> {
  return until(`/readyz answers ${wanted}`, async () => (await fetch(`${url}/readyz`)).status === wanted);
}

describe.skipIf(noFillableDisk !== null)(titleWith('while the disk is full', noFillableDisk), () => {
  test(title('sends are refused with a time to retry, reads work, and sends work again with space'), async () => {
    const server = await start(await freePort());
    const ana = await PersonOverHttp.signUp(server.url, 'ana');
    const channel = await ana.client.conversations.createChannel({ name: 'channel' });
    const before = await Promise.all(Array.from({ length: 20 }, (_, index) => channel.send(`before ${index}`).sent()));
    await untilReadiness(server.url, 200);
    disk.fill();

    const messages = `/v1/conversations/${channel.id}/messages`;
    for (let index = 0; index < 100; index++) {
      const answer = await ana.post(messages, { clientMessageId: `full-${index}`, text: 'x'.repeat(9_000) });
      expect([answer.status, Number(answer.headers.get('retry-after'))]).toEqual([503, expect.any(Number)]);
      expect(await answer.json()).toMatchObject({ code: 'unavailable', retryAfterMs: expect.any(Number) });
      expect((await ana.get(`/v1/conversations/${channel.id}/history`)).status).toBe(200);
    }
    await untilReadiness(server.url, 503);
    for (let index = 0; index < 100; index++) await ana.get('/readyz');
    expect(server.lines.filter((line) => line.includes('Nothing can be written'))).toHaveLength(1);
    // One line for the start, one for the change, and at most one for each operation that failed.
    expect(server.lines.length).toBeLessThan(6);

    // The client keeps the message and sends it again after the time to retry.
    const kept = channel.send('kept by the client').sent();
    disk.makeRoom();
    await kept;
    await untilReadiness(server.url, 200);
    const repeated = await ana.post(messages, { clientMessageId: 'full-7', text: 'x'.repeat(9_000) });
    expect((await repeated.json()) as object).toMatchObject({ seq: before.length + 3 });
    ana.client.close();
    expect(await server.stop()).toBe(0);
    // The channel, the messages acknowledged before, and two since; no refused message.
    expect(verifyDatabase(data)).toMatchObject({ checked: { entries: before.length + 3 }, faults: [] });
  });

  test(
    title('nothing that was acknowledged is lost, also when the process is killed then (contract 1–4)'),
    async () => {
      // Nothing else gets this port while no server listens there.
      const port = await freePort();
      let server = await start(port);
      const { url } = server;
      const witnesses = await Witnesses.gather(4, () => url);
      witnesses.write();
      for (let round = 0; round < 3; round++) {
        await witnesses.untilAcknowledged(100);
        disk.fill();
        await untilReadiness(url, 503);
        if (round === 1) await server.kill();
        disk.makeRoom();
        if (round === 1) server = await start(port);
        await witnesses.untilAcknowledged(1);
      }
      await witnesses.stopWriting();
      // Of 300 commands and more, one in five is an amendment.
      expect((await witnesses.agree()).length).toBeGreaterThan(240);
      witnesses.leave();
      expect(await server.stop()).toBe(0);
      expect(verifyDatabase(data).faults).toEqual([]);
    },
  );
});
