import { expect, test } from 'bun:test';
import { measureProcessorTime, sumOf } from '../../measure/processor-time.ts';

const usedUs = 300_000;
const work = `const { user } = process.cpuUsage(); while (process.cpuUsage().user < user + ${usedUs});`;

test('the processor time of a process includes that of its children that have exited', async () => {
  // It begins when the measurement has begun, and ends when that has ended.
  const child = `
    const input = Bun.stdin.stream().getReader();
    await input.read();
    Bun.spawnSync([process.execPath, '-e', ${JSON.stringify(work)}]);
    ${work}
    console.log('done');
    await input.read();
  `;
  const busy = Bun.spawn([process.execPath, '-e', child], { stdio: ['pipe', 'pipe', 'inherit'] });
  const processorTime = measureProcessorTime(() => ({ busy: [busy.pid] }), []);
  busy.stdin.write('begin');
  busy.stdin.flush();
  await busy.stdout.getReader().read();
  const { server } = processorTime();
  await busy.stdin.end();
  await busy.exited;
  // Both have used this much, give or take a tick.
  expect(server['busy']).toBeGreaterThan(2 * usedUs - 40_000);
});

test('the sum of periods weights the load of others by their duration', () => {
  const period = { server: { edge: 5 }, clients: 1 };
  expect(
    sumOf([
      { ...period, seconds: 1, others: 0.5 },
      { ...period, seconds: 3, others: 0.1 },
    ]),
  ).toEqual({ server: { edge: 10 }, clients: 2, seconds: 4, others: 0.2 });
});
