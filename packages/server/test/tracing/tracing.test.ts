import { describe, expect, test } from 'bun:test';
import { type HopFacts, type HopName, type HopRecorder, passOn, Tracing } from '../../src/platform/tracing.ts';
import { foreignTrace } from './collector.ts';

/** Stores the hops that it receives, and begins a trace for each first hop if `begins` is set. */
class RecorderUnderTest implements HopRecorder {
  readonly told: string[] = [];

  constructor(private readonly beginsTraces: boolean) {}

  begin(name: HopName, { from }: { from?: string | undefined; facts?: HopFacts }) {
    const traceParent = from ?? (this.beginsTraces ? foreignTrace().header : undefined);
    if (traceParent !== undefined) this.told.push(`${name} begins`);
    return {
      traceParent,
      end: () => void this.told.push(`${name} ends`),
      fail: (error: unknown) => void this.told.push(`${name} fails: ${error}`),
    };
  }

  close = async () => undefined;
}

describe('the trace of a request', () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7';
  const gone: [string, string][] = [
    ['recorded', `00-${trace}-01`],
    ['with additional flags', `00-${trace}-ff`],
    ['of a later version, with additional fields', `cc-${trace}-01-what-will-be`],
  ];
  for (const [name, header] of gone) {
    test(`is continued: ${name}`, async () => {
      const tracing = new Tracing(passOn);
      expect(await tracing.receive('send', header, async () => tracing.current)).toBe(`00-${trace}-01`);
    });
  }

  const ignored: [string, string | null][] = [
    ['no header', null],
    ['an empty one', ''],
    ['one that is not recorded', `00-${trace}-00`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
    ['a hop of zeros', `00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`],
    ['the forbidden version', `ff-${trace}-01`],
    ['additional fields in version 0', `00-${trace}-01-more`],
    ['capital letters', `00-${trace.toUpperCase()}-01`],
    ['something else', 'x'.repeat(10_000)],
  ];
  for (const [name, header] of ignored) {
    test(`is ignored: ${name}`, async () => {
      const tracing = new Tracing(passOn);
      expect(await tracing.receive('send', header, async () => tracing.current)).toBeUndefined();
    });
  }
});

test('a trace covers the work of a request, also after a wait, and no other work', async () => {
  const tracing = new Tracing(passOn);
  const { header } = foreignTrace();
  const under = tracing.receive('send', header, async () => {
    await Promise.resolve();
    return tracing.current;
  });
  expect(tracing.current).toBeUndefined();
  expect(await under).toBe(header);
});

test('hops end with their facts, or with their error', async () => {
  const recorder = new RecorderUnderTest(true);
  const tracing = new Tracing(recorder);
  await tracing.receive('send', null, async () => undefined);
  const fault = new Error('the disk is full');
  const failing = tracing.during('fan out', foreignTrace().header, () => Promise.reject(fault));
  await expect(failing).rejects.toBe(fault);
  expect(recorder.told).toEqual(['receive begins', 'receive ends', 'fan out begins', `fan out fails: ${fault}`]);
});

test('without a trace no hop is recorded', async () => {
  const recorder = new RecorderUnderTest(false);
  const tracing = new Tracing(recorder);
  await tracing.receive('send', null, async () => tracing.during('fan out', tracing.current, async () => undefined));
  tracing.next('append', undefined).end();
  tracing.shared('distribute', []).end();
  expect(recorder.told).toEqual([]);
});
