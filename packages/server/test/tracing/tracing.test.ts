import { describe, expect, test } from 'bun:test';
import { type HopFacts, type HopName, type HopRecorder, passOn, Tracing } from '../../src/platform/tracing.ts';
import { foreignTrace } from './collector.ts';

/** Keeps what it is told, and begins a trace for each first hop when asked to. */
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

describe('a trace that a request names', () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7';
  const gone: [string, string][] = [
    ['recorded', `00-${trace}-01`],
    ['with other flags as well', `00-${trace}-ff`],
    ['of a later version, which says more', `cc-${trace}-01-what-will-be`],
  ];
  for (const [name, header] of gone) {
    test(`is gone on with: ${name}`, async () => {
      const tracing = new Tracing(passOn);
      expect(await tracing.receive('send', header, async () => tracing.current)).toBe(`00-${trace}-01`);
    });
  }

  const ignored: [string, string | null][] = [
    ['no header', null],
    ['an empty one', ''],
    ['recorded by nobody', `00-${trace}-00`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
    ['a hop of zeros', `00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`],
    ['the version that must not be', `ff-${trace}-01`],
    ['more than its version has', `00-${trace}-01-more`],
    ['capital letters', `00-${trace.toUpperCase()}-01`],
    ['something else', 'x'.repeat(10_000)],
  ];
  for (const [name, header] of ignored) {
    test(`counts as none: ${name}`, async () => {
      const tracing = new Tracing(passOn);
      expect(await tracing.receive('send', header, async () => tracing.current)).toBeUndefined();
    });
  }
});

test('a trace surrounds what a request asks for, also after it waited, and nothing beside it', async () => {
  const tracing = new Tracing(passOn);
  const { header } = foreignTrace();
  const under = tracing.receive('send', header, async () => {
    await Promise.resolve();
    return tracing.current;
  });
  expect(tracing.current).toBeUndefined();
  expect(await under).toBe(header);
});

test('hops end with what they did, or with what it failed of', async () => {
  const recorder = new RecorderUnderTest(true);
  const tracing = new Tracing(recorder);
  await tracing.receive('send', null, async () => undefined);
  const fault = new Error('the disk is full');
  const failing = tracing.during('fan out', foreignTrace().header, () => Promise.reject(fault));
  await expect(failing).rejects.toBe(fault);
  expect(recorder.told).toEqual(['receive begins', 'receive ends', 'fan out begins', `fan out fails: ${fault}`]);
});

test('what nobody follows is no hop anywhere', async () => {
  const recorder = new RecorderUnderTest(false);
  const tracing = new Tracing(recorder);
  await tracing.receive('send', null, () => tracing.during('fan out', tracing.current, async () => undefined));
  tracing.next('append', undefined).end();
  tracing.shared('distribute', []).end();
  expect(recorder.told).toEqual([]);
});
