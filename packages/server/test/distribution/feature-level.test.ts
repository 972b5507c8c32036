import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { type CommandRecord, LevelNotSupported } from '../../src/distribution/command-log-port.ts';
import { decideBatch } from '../../src/distribution/decide-batch.ts';
import { noSubmitMetrics } from '../../src/distribution/distribution-metrics.ts';
import { CommandSubmitter } from '../../src/distribution/submitter.ts';
import { EnabledFeatures } from '../../src/platform/enabled-features.ts';
import { featuresAt, firstLevel } from '../../src/platform/features.ts';
import { Tracing } from '../../src/platform/tracing.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { addTrialFeature, nudge, trialLevel, withTopic } from '../support/trial-feature.ts';
import { batchOf, Shard } from './shard.ts';

const common = { conversationId: 'c', actorId: 'ana', commandId: 'm1' };
const send = { ...common, kind: 'send', text: 'text' } as const;
const update = { ...common, kind: 'update', name: 'name' } as const;
const unhandled = (error: unknown) => {
  throw error;
};

let undo: () => void = () => undefined;
afterEach(() => {
  undo();
  undo = () => undefined;
});

describe('a submitted command', () => {
  let appended: CommandRecord[];
  let level: number;
  const submit = (command: CommandRecord['command']) => {
    const submitter = new CommandSubmitter({
      serverId: () => 'server',
      log: { partitions: 1, append: async (record) => void appended.push(record) },
      enabled: { level },
      ...{ clock: new FakeClock(), metrics: noSubmitMetrics, tracing: new Tracing() },
    });
    void submitter.submit(command).catch(() => undefined);
    submitter.close();
  };

  beforeEach(() => {
    undo = addTrialFeature();
    appended = [];
    level = firstLevel;
  });

  test('has no level field when it needs the first level', () => {
    level = trialLevel;
    submit(send);
    submit(update);
    expect(appended.map(({ command }) => command)).toEqual([send, update]);
  });

  test('is refused before it is in the log when its feature is not enabled', () => {
    for (const command of [nudge(send), withTopic(update, 'topic')]) {
      expect(() => submit(command)).toThrow(expect.objectContaining({ code: 'feature_not_enabled' }));
    }
    expect(appended).toEqual([]);
  });

  test('has the level that it needs once that is enabled', () => {
    level = trialLevel;
    submit(nudge(send));
    submit(withTopic(update, 'topic'));
    expect(appended.map(({ command }) => command.level)).toEqual([trialLevel, trialLevel]);
  });
});

test('nothing is decided on a store with an unsupported level', () => {
  const shard = new Shard();
  const facts = { ...shard.factsFor([send]), level: trialLevel };
  expect(() => decideBatch(facts, batchOf([send]), 1_000)).toThrow(LevelNotSupported);
  undo = addTrialFeature();
  expect(decideBatch(facts, batchOf([send]), 1_000).result.outcomes).toHaveLength(1);
});

describe('the enabled level', () => {
  test('rises with the store up to the supported level, after which the store is not read again', async () => {
    undo = addTrialFeature();
    const clock = new FakeClock();
    let stored = firstLevel;
    let asked = 0;
    const read = async () => {
      asked++;
      return stored;
    };
    const enabled = new EnabledFeatures(read, clock, unhandled);
    await enabled.start();
    const { names } = enabled;
    expect([enabled.level, names]).toEqual([firstLevel, featuresAt(firstLevel)]);
    const pass = async () => {
      clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    };
    await pass();
    expect(enabled.names).toBe(names);
    stored = trialLevel + 1;
    await pass();
    expect([enabled.level, enabled.names]).toEqual([trialLevel, featuresAt(trialLevel)]);
    const before = asked;
    await pass();
    expect(asked).toBe(before);
  });

  test('stays when the store is unavailable, which is retried', async () => {
    undo = addTrialFeature();
    const clock = new FakeClock();
    const answers = [async () => firstLevel, () => Promise.reject(new Error('away')), async () => trialLevel];
    const failures: unknown[] = [];
    const read = () => answers.shift()?.() ?? Promise.reject(new Error('the store was read once too often'));
    const enabled = new EnabledFeatures(read, clock, (error) => failures.push(error));
    await enabled.start();
    for (const level of [firstLevel, trialLevel]) {
      clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
      expect(enabled.level).toBe(level);
    }
    expect(failures).toEqual([new Error('away')]);
  });
});
