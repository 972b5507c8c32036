import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { fileURLToPath } from 'node:url';
import type { Entry } from '@parley/protocol';
import { type Conversation, ParleyClient, ParleyError } from '@parley/sdk';
import { raiseLevels } from '../../src/adapters/postgres/feature-level.ts';
import { ShardedDatabase } from '../../src/adapters/postgres/sharded-database.ts';
import { postgresServers } from '../../src/compose/cluster.ts';
import { clusterStatus } from '../../src/compose/cluster-administration.ts';
import { featuresAt } from '../../src/platform/features.ts';
import { shardOf } from '../../src/platform/shards.ts';
import { loadConfig } from '../../src/settings/settings.ts';
import { ClusterProcesses, type Role, roles } from '../support/cluster-processes.ts';
import { clusterShards, onceAvailable } from '../support/cluster-services.ts';
import { withoutHaproxy } from '../support/haproxy.ts';
import { parleyProgram } from '../support/server-process.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { addTrialFeature, programLevel, trialFeature, trialLevel } from '../support/trial-feature.ts';
import { until } from '../support/until.ts';
import { Witnesses } from '../support/witnesses.ts';

const thisProgram = parleyProgram();
const nextProgram = parleyProgram(fileURLToPath(new URL('../support/trial-version.ts', import.meta.url)));
const people = 4;
const absent = withoutHaproxy ?? withoutService('kafka') ?? withoutService('postgres') ?? withoutService('redis');

describe.skipIf(absent !== null)(titleWith('a feature of the next version, rolled out under load', absent), () => {
  let cluster: ClusterProcesses;
  let witnesses: Witnesses;
  let ana: Person;
  /** The acknowledged texts, in order. */
  const acknowledged: string[] = [];

  let undo: () => void = () => undefined;

  beforeAll(async () => {
    cluster = await ClusterProcesses.start();
    witnesses = await Witnesses.gather(people, () => cluster.url, { pauseMs: 300 });
    witnesses.write();
    ana = await Person.make(cluster.url, 'ana');
    // This test process supports the next level too.
    undo = addTrialFeature();
  });
  afterAll(async () => {
    undo();
    ana.client.close();
    witnesses.leave();
    await cluster.stop();
  });

  const status = () => onceAvailable(() => clusterStatus(loadConfig(cluster.settings, {})));

  async function restart(role: Role, program: readonly string[], slots = cluster.slotsOf(role)): Promise<void> {
    for (const slot of slots) {
      expect(await slot.stop()).toBe(0);
      await slot.start(program);
      await witnesses.untilAcknowledged(20);
    }
  }

  async function upgrade(program: readonly string[]) {
    const { shape: _, ...services } = cluster.settings;
    const flags = Object.entries(services).flatMap(([name, value]) => [`--${name}`, value]);
    const child = Bun.spawn([...program, 'cluster', 'upgrade', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
    const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    return { code: await child.exited, said: output + errors };
  }

  /** Requests a message of the new kind over the socket, and a change with the new field over HTTP. */
  function askForBoth(text: string): Promise<string[]> {
    return Promise.all([codeOf(nudge(text)), codeOf(topic(text))]);
  }

  const nudge = (text: string) => ana.group.send(`nudge ${text}`).sent();
  const topic = (text: string) =>
    ana.client.call('updateConversation', { conversationId: ana.group.id, description: `topic ${text}` });

  async function nothingIsLost(): Promise<void> {
    const entries = await ana.history();
    const nudges = entries.flatMap((entry) => (entry.kind === 'message' ? [entry.text] : []));
    expect(nudges).toEqual(acknowledged.map((text) => `nudged: nudge ${text}`));
    const topics = entries.flatMap((entry) => (entry.kind === 'updated' ? [entry.description] : []));
    expect(topics).toEqual(acknowledged.map((text) => `topic ${text}`));
    expect((await status()).commandsSetAside).toBe(0);
  }

  test('before: the previous version reports no new feature and has no level to raise', async () => {
    expect(ana.client.serverFeatures).toEqual(featuresAt(programLevel));
    expect(await upgrade(thisProgram)).toEqual({ code: 0, said: `feature level ${programLevel} was enabled before\n` });
  });

  test('during: new edges refuse the feature with a code, so no distributor of the previous version gets its commands', async () => {
    await restart('gateway', nextProgram);
    await restart('messaging', nextProgram);
    expect(ana.client.serverFeatures).toEqual(featuresAt(programLevel));
    expect(await askForBoth('early')).toEqual(['feature_not_enabled', 'feature_not_enabled']);
    const { code, said } = await upgrade(nextProgram);
    expect([code, said]).toEqual([1, expect.stringContaining(`2 distributors: support feature level ${programLevel}`)]);
    expect(await askForBoth('still-early')).toEqual(['feature_not_enabled', 'feature_not_enabled']);
    await nothingIsLost();
  });

  test('a distributor stops and reports it when the level rises above its own, and the next version continues there', async () => {
    const [first] = cluster.slotsOf('distribution');
    const database = await ShardedDatabase.open(postgresServers(loadConfig(cluster.settings, {})));
    // Only an operator can force this, or a process of the previous version that was overlooked.
    await raiseLevels(database, trialLevel);
    // The client stays connected and learns of the feature with a pong.
    await untilFound('the client knows the feature', () =>
      ana.client.serverFeatures.find((name) => name === trialFeature),
    );
    const texts = ['first', 'second', 'third'];
    const nudges = texts.map(nudge);
    const partition = shardOf(ana.group.id, clusterShards);
    const sentence = new RegExp(`partition ${partition} stops at position \\d+: .* needs feature level ${trialLevel}`);
    const stopped = await untilFound('a distributor stops the partition', () =>
      cluster.slotsOf('distribution').find((slot) => sentence.test(slot.lines.join('\n'))),
    );
    expect(await stopped.figure('parley_command_log_partitions_stopped')).toBeGreaterThan(0);
    expect((await status()).commandsSetAside).toBe(0);
    // The previous version does not start when the level is above its own.
    expect(await first?.stop()).toBe(0);
    await expect(first?.start(thisProgram)).rejects.toThrow(
      `the cluster has feature level ${trialLevel}, and this Parley supports ${programLevel}`,
    );
    await first?.start(nextProgram);
    await restart('distribution', nextProgram, cluster.slotsOf('distribution').slice(1));
    await restart('followers', nextProgram);
    // The client repeated the commands that got no outcome in time.
    await Promise.all(nudges);
    for (const text of texts) await topic(text);
    acknowledged.push(...texts);
    await nothingIsLost();
    // Simulates a restore to an earlier moment.
    await database.everywhere((sql) => sql`UPDATE feature_level SET level = ${programLevel}`);
    await database.close();
  });

  test('after: when every process supports the feature, "cluster upgrade" enables it, and it works', async () => {
    expect(await status()).toMatchObject({ featureLevel: programLevel, featureLevelSupported: trialLevel });
    const said = `feature level ${trialLevel} is enabled, after ${programLevel}\n`;
    expect(await upgrade(nextProgram)).toEqual({ code: 0, said });
    expect((await status()).featureLevel).toBe(trialLevel);
    expect(await askForBoth('after')).toEqual(['done', 'done']);
    acknowledged.push('after');
    await nothingIsLost();
    for (const role of roles) {
      const [slot] = cluster.slotsOf(role);
      expect(await slot?.stop()).toBe(0);
      await expect(slot?.start(thisProgram)).rejects.toThrow(`the cluster has feature level ${trialLevel}`);
      await slot?.start(nextProgram);
    }
  });

  test('finally, every view equals the history and every acknowledged message is there once (contract 1 to 4)', async () => {
    // The messages alone are then more than that, also on a slow machine.
    await witnesses.untilAcknowledged(150);
    await witnesses.stopWriting();
    expect((await witnesses.agree()).length).toBeGreaterThan(200);
  });

  async function untilFound<Found>(what: string, find: () => Found | undefined): Promise<Found> {
    let found: Found | undefined;
    const isFound = () => {
      found = find();
      return found !== undefined;
    };
    await until(what, isFound, { withinMs: 300_000, pauseMs: 20 });
    return found as Found;
  }
});

async function codeOf(asking: Promise<unknown>): Promise<string> {
  try {
    await asking;
    return 'done';
  } catch (error) {
    if (error instanceof ParleyError) return error.code;
    throw error;
  }
}

/** A user with a group of their own, in which only the new feature is used. */
class Person {
  private constructor(
    readonly client: ParleyClient,
    readonly group: Conversation,
  ) {}

  static async make(url: string, username: string): Promise<Person> {
    const client = new ParleyClient({ url });
    await client.signup({ username, password: 'a good password' });
    client.connect();
    await client.live();
    return new Person(client, await client.conversations.createGroup({ name: 'nudges' }));
  }

  async history(): Promise<Entry[]> {
    return (await this.client.call('getHistory', { conversationId: this.group.id, limit: 200 })).entries;
  }
}
