import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import {
  type ClientFrame,
  clientFrames,
  closeCodes,
  type OperationId,
  operations,
  type ServerFrame,
} from '@parley/protocol';
import { type HttpApi, ParleyError } from '@parley/sdk';
import { attempts, frames } from '../support/access-inputs.ts';
import {
  AccessScene,
  answerTo,
  type Caller,
  callers,
  password,
  type Room,
  usernameOf,
} from '../support/access-scene.ts';
import { retriedWhileOverloaded } from '../support/retried.ts';
import { RunningServer } from '../support/running-server.ts';
import { WireClient } from '../support/wire-client.ts';

const document = readFileSync(new URL('../../../../docs/SECURITY.md', import.meta.url), 'utf8');

/** The answers that a table of the document states, by its rows and then by callers. */
function stated(heading: string): Map<string, readonly string[]> {
  const lines = document.split(`| ${heading} |`)[1]?.split('\n') ?? [];
  const [columns = '', , ...rest] = lines;
  expect(cells(columns)).toEqual([...callers]);
  const rows = rest
    .slice(
      0,
      rest.findIndex((line) => !line.startsWith('|')),
    )
    .map(cells);
  return new Map(rows.map(([name = '', ...answers]) => [name.replaceAll('`', ''), answers]));
}

function cells(row: string): string[] {
  const inner = row.replace(/^\|/, '').replace(/\|$/, '');
  return inner.split('|').map((cell) => cell.trim());
}

let server: RunningServer;
let scene: AccessScene;
const sockets = new Map<Caller, WireClient>();
const nowhere: Room = { id: '', seq: 0 };
const operationIds = Object.keys(operations) as OperationId[];

beforeAll(async () => {
  server = await RunningServer.start();
  scene = await AccessScene.on(server);
  const connecting = callers.filter((caller) => caller !== 'nobody');
  for (const caller of connecting) sockets.set(caller, await server.wire(scene.person(caller)));
  await scene.endSessions();
});
afterAll(async () => {
  await server?.stop();
});

const withoutSession: ReadonlySet<Caller> = new Set(['nobody', 'disabled account', 'revoked session']);

/** The client with which the caller tries the operation. */
async function clientFor(id: OperationId, caller: Caller): Promise<HttpApi> {
  const api = scene.as(caller);
  if (id !== 'logout' || withoutSession.has(caller)) return api;
  // Other operations need the session that the caller has.
  api.token = (await scene.as('nobody').call('login', { username: usernameOf(caller), password })).token;
  return api;
}

describe('operations', () => {
  const table = stated('operation');

  test('of the protocol are those of the table', () => {
    expect([...table.keys()].sort()).toEqual([...operationIds].sort());
  });

  test.each(operationIds)('%s is answered to each caller as the table states', async (id) => {
    const { room: name } = attempts[id];
    const room = name === undefined ? nowhere : scene.room(name);
    const answers: string[] = [];
    for (const caller of callers) {
      const input = await attempts[id].input({ scene, caller, room });
      answers.push(await answerTo(await clientFor(id, caller), id, input));
    }
    expect(answers).toEqual([...(table.get(id) ?? [])]);
  });
});

describe('frames', () => {
  const table = stated('frame');
  const types = Object.keys(clientFrames) as ClientFrame['type'][];

  test('of the protocol are those of the table', () => {
    expect([...table.keys()].sort()).toEqual([...types].sort());
  });

  test.each(types)('%s is answered to each caller as the table states', async (type) => {
    const answers: string[] = [];
    for (const caller of callers) {
      const frame = frames[type]({ scene, caller, room: scene.room('group') });
      answers.push(await (frame.type === 'hello' ? answerToHello(frame) : answerToFrame(caller, frame)));
    }
    expect(answers).toEqual([...(table.get(type) ?? [])]);
  });
});

async function answerToHello(hello: ClientFrame): Promise<string> {
  const client = await WireClient.open(server.nextUrl());
  client.send(hello);
  const answer = await client.until(() => client.frames[0], 'the answer to hello');
  if (answer.type === 'error') await client.closed;
  else await client.close();
  return answer.type === 'error' ? answer.code : 'yes';
}

async function answerToFrame(caller: Caller, frame: ClientFrame): Promise<string> {
  if (caller === 'nobody') {
    const stranger = await WireClient.open(server.nextUrl());
    stranger.send(frame);
    expect((await stranger.closed).code).toBe(closeCodes.helloExpected.code);
    return 'closed';
  }
  const client = sockets.get(caller);
  if (!client) throw new Error(`${caller} has no socket`);
  if (withoutSession.has(caller)) {
    expect((await client.closed).code).toBe(closeCodes.revoked.code);
    return 'closed';
  }
  const answers = await retriedWhileOverloaded(() => exchange(client, frame));
  const refusal = answers.find((each) => each.type === 'error');
  if (refusal?.type === 'error') return refusal.code;
  if (answers.some((each) => each.type === 'catch_up' && each.notFound.length > 0)) return 'not_found';
  const presence = answers.find((each) => each.type === 'presence' && each.id !== undefined);
  return presence?.type === 'presence' && presence.conversations.length === 0 ? 'without counts' : 'yes';
}

/** Sends the frame, and returns what arrives until it is answered. */
async function exchange(client: WireClient, frame: ClientFrame): Promise<ServerFrame[]> {
  const before = client.frames.length;
  const arrived = () => client.frames.slice(before);
  client.send(frame);
  const isAnswer = (each: ServerFrame) => 'id' in each && 'id' in frame && each.id === frame.id;
  if ('id' in frame) await client.until(() => arrived().find(isAnswer), `the answer to ${frame.type}`);
  // The others are answered by an error alone, and before the next request is handled.
  else await client.request({ type: 'ping' });
  const isOverloaded = arrived().some((each) => each.type === 'error' && each.code === 'overloaded');
  if (isOverloaded) throw new ParleyError('overloaded', 'The server is overloaded.');
  return arrived();
}
