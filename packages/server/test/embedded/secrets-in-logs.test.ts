import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { databaseFile } from '../../src/adapters/sqlite/database.ts';
import { doEverything } from '../support/every-operation.ts';
import { secretsIn } from '../support/secrets-in-output.ts';
import { parleyProgram, ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';
import { WireClient } from '../support/wire-client.ts';

const password = 'a good password';
const secretFields = new Set(['password', 'currentPassword', 'newPassword', 'token', 'deviceSecret', 'invitation']);

let data: string;
let server: ServerProcess;
/** Every password, token, invitation and device secret that was sent or received. */
let secrets: Set<string>;
const { fetch } = globalThis;

beforeEach(async () => {
  secrets = new Set();
  globalThis.fetch = Object.assign(recordingFetch, fetch);
  data = mkdtempSync(join(tmpdir(), 'parley-secrets-'));
  const throwing = fileURLToPath(new URL('../support/throw-on-signal.ts', import.meta.url));
  server = await ServerProcess.start({
    settings: { data, 'log-level': 'debug' },
    command: [...parleyProgram(throwing), 'serve'],
  });
});
afterEach(async () => {
  globalThis.fetch = fetch;
  await server.kill();
  rmSync(data, { recursive: true, force: true });
});

async function recordingFetch(...[url, init]: Parameters<typeof fetch>): Promise<Response> {
  if (typeof init?.body === 'string') record(parsed(init.body));
  const answer = await fetch(url, init);
  record(parsed(await answer.clone().text()));
  return answer;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function record(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, field] of Object.entries(value)) {
    if (typeof field === 'string' && secretFields.has(name)) secrets.add(field);
  }
}

async function call(path: string, init: { body?: unknown; token?: string; text?: string }): Promise<Response> {
  const { body, text = JSON.stringify(body), token } = init;
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return globalThis.fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization },
    body: text,
  });
}

/** Requests and frames with secrets in every place, most of them wrong. */
async function sendSecretsEverywhere(token: string): Promise<void> {
  for (const path of [
    `/v1/account?token=${token}`,
    `/v1/users/${token}`,
    `/v1/nowhere/${token}`,
    `/v1/socket?t=${token}`,
  ]) {
    await globalThis.fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
  }
  await call('/v1/login', { body: { username: 'operator', password: 'a guess that is wrong' } });
  await call('/v1/login', { body: { username: 'operator', password: 7, token } });
  await call('/v1/login', { text: `{"username":"operator","password":"${password}",` });
  await call('/v1/password', { body: { currentPassword: 'another wrong guess', newPassword: 'short' }, token });
  await call('/v1/signup', { body: { username: 'x', password: 'the password of nobody', invitation: token } });
  for (const frame of [{ type: 'hello', token: `${token}x` }, { type: 'hello', token: [token] }, { type: token }]) {
    const socket = await WireClient.open(server.url);
    socket.sendRaw(JSON.stringify(frame));
    await socket.closed;
  }
}

test('no output of a server has a password or token: of every operation, of failures and of an exception', async () => {
  await call('/v1/signup', { body: { username: 'operator', password } });
  await doEverything({
    ...{ gateways: [server.url, server.url], messaging: server.url, operator: 'operator', name: 'one' },
  });
  const { token } = (await (await call('/v1/login', { body: { username: 'operator', password } })).json()) as {
    token: string;
  };
  await sendSecretsEverywhere(token);

  // From here on, each request that needs a user fails inside the server.
  const database = new Database(join(data, databaseFile));
  database.run('ALTER TABLE users RENAME TO persons');
  database.close();
  expect((await call('/v1/login', { body: { username: 'operator', password } })).status).toBe(500);
  expect((await call('/v1/conversations/direct', { body: {}, token })).status).toBeGreaterThanOrEqual(400);
  await sendSecretsEverywhere(token);
  await until('the failure is logged', () => server.lines.some((line) => line.includes('no such table')));

  server.signal('SIGUSR2');
  await until('the exception is printed', () => server.lines.some((line) => line.includes('a fault of the program')));
  await server.kill();
  expect(secrets.size).toBeGreaterThan(10);
  expect(secretsIn(server.allLines, secrets)).toEqual([]);
});

test('a token, an invitation and a password in an output are found', () => {
  const token = 'Vq3rT0-_bcdefghijklmnopqrstuvwxyzABCDEFGHIJ';
  const lines = ['nothing', `{"url":"/v1/account?token=${token}"}`, 'the password is a good password', 'hunter2'];
  expect(secretsIn(lines, ['hunter2'])).toEqual(lines.slice(1));
  expect(secretsIn([`at file-with-a-name-of-forty-three-characters`, 'a'.repeat(43), `${token}${token}`])).toEqual([]);
});
