import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { Command } from '../../src/conversations/command.ts';
import { noSubmitMetrics } from '../../src/distribution/distribution-metrics.ts';
import { CommandSubmitter } from '../../src/distribution/submitter.ts';
import { Refusal } from '../../src/platform/failures.ts';
import { firstLevel } from '../../src/platform/features.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { shardOf } from '../../src/platform/shards.ts';
import { Tracing } from '../../src/platform/tracing.ts';
import { FakeClock } from '../support/fake-clock.ts';

const bounds = { inFlightMax: 5, inFlightPerUserMax: 3, slowAfterMs: 1_000, giveUpAfterMs: 15_000 };

describe('commands under way (race 11)', () => {
  let clock: FakeClock;
  /** The ids that the log has accepted, in order. */
  let appended: string[];
  let submitter: CommandSubmitter;

  beforeEach(() => {
    clock = new FakeClock();
    appended = [];
    submitter = new CommandSubmitter(
      {
        serverId: () => 'server',
        log: { partitions: 2, append: async ({ replyTo }) => void appended.push(replyTo.requestId) },
        ...{ clock, metrics: noSubmitMetrics, tracing: new Tracing(), enabled: { level: firstLevel } },
      },
      bounds,
    );
  });
  afterEach(() => submitter.close());

  /** Submits a message. Returns the refusal, or undefined when it was accepted. Ignores the outcome. */
  function refusal(actorId: string, conversationId = 'c'): unknown {
    const before = appended.length;
    const command: Command = { kind: 'send', conversationId, actorId, commandId: systemIds.uuid(), text: 'hello' };
    try {
      submitter.submit(command).catch(() => undefined);
      return undefined;
    } catch (error) {
      expect(appended).toHaveLength(before);
      return error;
    }
  }

  const overloaded = expect.objectContaining({ code: 'overloaded', more: { retryAfterMs: 1_000 } });

  test('of one user are bounded; other users are not affected', () => {
    for (let count = 0; count < bounds.inFlightPerUserMax; count++) expect(refusal('ana')).toBeUndefined();
    const refused = refusal('ana');
    expect(refused).toBeInstanceOf(Refusal);
    expect(refused).toEqual(overloaded);
    expect(refusal('ben')).toBeUndefined();
  });

  test('of all users together are bounded', () => {
    for (let count = 0; count < bounds.inFlightMax; count++) expect(refusal(`person ${count}`)).toBeUndefined();
    expect(refusal('ana')).toEqual(overloaded);
  });

  test('are refused while the oldest is older than a second, and accepted again after its outcome', () => {
    expect(refusal('ana')).toBeUndefined();
    clock.advance(bounds.slowAfterMs);
    expect(refusal('ben')).toBeUndefined();
    clock.advance(1);
    expect(refusal('ben')).toEqual(overloaded);
    const [oldest = '', next = ''] = appended;
    submitter.settle(oldest, { kind: 'unchanged' });
    expect(refusal('ben')).toBeUndefined();
    submitter.settle(next, { kind: 'unchanged' });
    expect(submitter.inFlight).toBe(1);
  });

  test('are refused for the partition of the oldest alone: one that is not worked off does not stop the others', () => {
    const other = ['d', 'e', 'f', 'g'].find((id) => shardOf(id, 2) !== shardOf('c', 2));
    expect(refusal('ana')).toBeUndefined();
    clock.advance(bounds.slowAfterMs + 1);
    expect(refusal('ben')).toEqual(overloaded);
    expect(refusal('ben', other)).toBeUndefined();
  });

  test('are refused by one error, whose stack is not made each time', () => {
    expect(refusal('ana')).toBeUndefined();
    clock.advance(bounds.slowAfterMs + 1);
    expect(refusal('ben')).toBe(refusal('eve'));
    expect(submitter.overload('c')).toBe(refusal('eve') as Refusal);
  });

  test('free their slots with their outcomes: a user who waits for each outcome is never refused', () => {
    for (let count = 0; count < 3 * bounds.inFlightPerUserMax; count++) {
      expect(refusal('ana')).toBeUndefined();
      submitter.settle(appended.at(-1) ?? '', { kind: 'unchanged' });
    }
    expect(submitter.inFlight).toBe(0);
  });
});
