import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { RunningServer } from '../../../server/test/support/running-server.ts';
import { until as serverUntil } from '../../../server/test/support/until.ts';
import { device, somebody } from '../support/people.ts';
import { collect, until } from '../support/until.ts';

const fileOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const readme = readFileSync(fileOf('README.md'), 'utf8');
const [quickStart, echoBot] = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

function run(path: string) {
  return Bun.spawn([process.execPath, fileOf(path)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PARLEY_URL: server.url },
  });
}

describe('the README contains the examples unchanged', () => {
  test('a quick start of less than ten lines', () => {
    expect(quickStart).toBe(readFileSync(fileOf('examples/quick-start.ts'), 'utf8'));
    expect(quickStart?.trim().split('\n').length).toBeLessThan(10);
  });

  test('a complete bot of less than thirty', () => {
    expect(echoBot).toBe(readFileSync(fileOf('examples/echo-bot.ts'), 'utf8'));
    expect(echoBot?.trim().split('\n').length).toBeLessThan(30);
  });
});

test('the quick start runs and ends', async () => {
  const program = run('examples/quick-start.ts');
  expect(await new Response(program.stdout).text()).toBe('on disk as number 2\n');
  expect(await program.exited).toBe(0);
});

test('the bot answers messages and ends on /stop', async () => {
  const program = run('examples/echo-bot.ts');
  let printed = '';
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const part of program.stdout) printed += decoder.decode(part, { stream: true });
  })();
  await serverUntil('the bot is live', () => {
    if (program.exitCode !== null) throw new Error(`the bot ended: ${printed}`);
    return printed.includes('live');
  });
  const person = await device(server, await somebody(server, 'ana'));
  const [bot] = (await person.searchUsers({ q: 'echo' })).users;
  const conversation = await person.conversations.openDirect(bot?.id ?? '');
  const entries = collect(person, 'entry');
  for (const text of ['hello', 'how are you?']) {
    conversation.send(text);
    await until(person, () =>
      entries.find(
        (entry) => entry.kind === 'message' && entry.text === `You said: ${text}` && entry.senderId === bot?.id,
      ),
    );
  }
  conversation.send('/stop');
  expect(await program.exited).toBe(0);
  await reading;
  person.close();
});
