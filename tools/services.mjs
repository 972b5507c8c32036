// `npm run services -- up|down|status`: PostgreSQL (two servers, so that shards can be moved), Redis and Kafka on this
// machine's loopback, each on a free port with a folder of its own, for the tests that need them and for
// `npm run cluster`. A service that is not installed is reported and skipped.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kafka } from './services/kafka.mjs';
import { postgres } from './services/postgres.mjs';
import { folder, stopGroup, within } from './services/program.mjs';
import { redis } from './services/redis.mjs';

const services = { redis, postgres, 'postgres-2': postgres, kafka };
const stateFile = join(folder, 'state.json');
/** Long, because a new machine unpacks other packages meanwhile. */
const startTimeoutMs = 300_000;

const commands = { up, down, status };
const command = commands[process.argv[2]];
if (command) await command();
else {
  console.error('usage: npm run services -- up|down|status');
  process.exitCode = 1;
}

async function up() {
  mkdirSync(folder, { recursive: true });
  const state = readState();
  for (const [name, service] of Object.entries(services)) {
    if (state[name] && (await service.answers(state[name]))) continue;
    const started = await service.start(name);
    if (typeof started === 'string') {
      console.log(`${name}: skipped, ${started}`);
      continue;
    }
    state[name] = started;
    writeFileSync(stateFile, JSON.stringify(state, null, 2));
    if (!(await within(startTimeoutMs, () => service.answers(started)))) {
      throw new Error(`${name} does not answer on port ${started.port}; its log is ${folder}/${name}.log`);
    }
    console.log(`${name}: ${started.address}`);
  }
}

async function down() {
  await Promise.all(
    Object.entries(readState()).map(async ([name, { pid, data }]) => {
      const was = await stopGroup(pid, services[name].stopSignal);
      console.log(`${name}: ${was ? 'stopped' : 'was not running'}`);
      rmSync(data, { recursive: true, force: true });
    }),
  );
  rmSync(stateFile, { force: true });
}

async function status() {
  const state = readState();
  for (const [name, service] of Object.entries(services)) {
    const answers = state[name] && (await service.answers(state[name]));
    console.log(`${name}: ${answers ? state[name].address : 'not running'}`);
  }
}

function readState() {
  return existsSync(stateFile) ? JSON.parse(readFileSync(stateFile, 'utf8')) : {};
}
