// `npm run services -- up|down|status`: real PostgreSQL, Redis and Kafka on this machine's loopback, each on a free
// port in a folder of its own, for the tests of the cluster's adapters. What isn't installed is named and left out.
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort, root } from './workspace.mjs';

const folder = join(root, '.services');
const stateFile = join(folder, 'state.json');
const startTimeoutMs = 60_000;
const postgresPrograms = ['/usr/lib/postgresql/17/bin', '/usr/lib/postgresql/16/bin', '/usr/lib/postgresql/15/bin'];

const services = { redis: startRedis, postgres: startPostgres, kafka: startKafka };

const command = process.argv[2];
if (command === 'up') await up();
else if (command === 'down') down();
else if (command === 'status') await status();
else {
  console.error('usage: npm run services -- up|down|status');
  process.exitCode = 1;
}

async function up() {
  mkdirSync(folder, { recursive: true });
  const state = readState();
  for (const [name, start] of Object.entries(services)) {
    if (state[name] && (await answers(state[name].port))) continue;
    const started = await start();
    if (typeof started === 'string') {
      console.log(`${name}: left out, ${started}`);
      continue;
    }
    state[name] = started;
    writeFileSync(stateFile, JSON.stringify(state, null, 2));
    await untilAnswers(name, started.port);
    console.log(`${name}: ${started.address}`);
  }
}

function down() {
  for (const [name, { pid, data }] of Object.entries(readState())) {
    try {
      process.kill(pid, 'SIGTERM');
      console.log(`${name}: stopped`);
    } catch {
      console.log(`${name}: was not running`);
    }
    rmSync(data, { recursive: true, force: true });
  }
  rmSync(stateFile, { force: true });
}

async function status() {
  const state = readState();
  for (const name of Object.keys(services)) {
    const running = state[name] && (await answers(state[name].port));
    console.log(`${name}: ${running ? state[name].address : 'not running'}`);
  }
}

async function startRedis() {
  if (!has('redis-server')) return 'redis-server is not installed (Debian: redis-server)';
  const port = await freePort();
  const data = dataFolder('redis');
  const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', data];
  return { address: `redis://127.0.0.1:${port}`, port, data, pid: run('redis', 'redis-server', args.map(String)) };
}

async function startPostgres() {
  const programs = postgresPrograms.find((each) => existsSync(each));
  if (!programs) return 'PostgreSQL is not installed (Debian: postgresql)';
  const port = await freePort();
  const data = dataFolder('postgres');
  // PostgreSQL runs as anybody but root; Debian's package has made a user for it.
  const asRoot = userInfo().uid === 0;
  const as = asRoot ? ['runuser', '-u', 'postgres', '--'] : [];
  if (asRoot) chownSync(data, ...ownerOf('postgres'));
  const initialised = spawnSync(
    ...split([...as, `${programs}/initdb`, '-A', 'trust', '-U', 'postgres', '-D', `${data}/db`]),
  );
  if (initialised.status !== 0) return `initdb failed: ${initialised.stderr}`;
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${data}`,
    'max_connections=200',
    'wal_level=logical',
    // Moves of shards in tests don't wait for the pauses of a real network.
    'wal_retrieve_retry_interval=200ms',
  ];
  const server = [`${programs}/postgres`, '-D', `${data}/db`, ...settings.flatMap((setting) => ['-c', setting])];
  const [program, args] = split([...as, ...server]);
  return { address: `postgres://postgres@127.0.0.1:${port}/postgres`, port, data, pid: run('postgres', program, args) };
}

async function startKafka() {
  if (!has('java')) return 'Java is not installed (Debian: default-jre-headless)';
  const libraries = join(folder, 'kafka-libs');
  if (!existsSync(libraries)) {
    if (!has('mvn')) return 'Maven is not installed (Debian: maven)';
    const pom = join(root, 'deploy/kafka/pom.xml');
    const fetched = spawnSync('mvn', [
      '-q',
      '-B',
      '-f',
      pom,
      'dependency:copy-dependencies',
      `-DoutputDirectory=${libraries}`,
    ]);
    if (fetched.status !== 0) return `Maven could not fetch it: ${fetched.stdout}`;
  }
  const [port, controllerPort] = [await freePort(), await freePort()];
  const data = dataFolder('kafka');
  const properties = join(data, 'server.properties');
  writeFileSync(properties, kafkaProperties(port, controllerPort, data));
  const classPath = ['-cp', `${libraries}/*`];
  const format = ['kafka.tools.StorageTool', 'format', '-t', 'cGFybGV5LXNlcnZpY2VzMQ', '-c', properties];
  const formatted = spawnSync('java', [...classPath, ...format], { encoding: 'utf8' });
  if (formatted.status !== 0) return `its storage could not be formatted: ${formatted.stderr}`;
  const pid = run('kafka', 'java', ['-Xmx512m', ...classPath, 'kafka.Kafka', properties]);
  return { address: `127.0.0.1:${port}`, port, data, pid };
}

/** One node that is broker and controller; see https://kafka.apache.org/documentation/#kraft. */
function kafkaProperties(port, controllerPort, data) {
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=${data}/logs
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
`;
}

/** Starts a program that goes on after this one; what it prints is in the services' folder. */
function run(name, program, args) {
  const log = openSync(join(folder, `${name}.log`), 'a');
  const child = spawn(program, args, { detached: true, stdio: ['ignore', log, log] });
  child.unref();
  return child.pid;
}

function readState() {
  return existsSync(stateFile) ? JSON.parse(readFileSync(stateFile, 'utf8')) : {};
}

/** A fresh folder outside of the checkout, which PostgreSQL's user may have no way into. */
function dataFolder(name) {
  const data = join(tmpdir(), `parley-${name}-${process.pid}-${Date.now()}`);
  mkdirSync(data, { recursive: true, mode: 0o755 });
  return data;
}

function ownerOf(user) {
  const ask = (flag) => Number(spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout);
  return [ask('-u'), ask('-g')];
}

function has(program) {
  return spawnSync('which', [program]).status === 0;
}

function split([program, ...args]) {
  return [program, args];
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

async function untilAnswers(name, port) {
  const endMs = Date.now() + startTimeoutMs;
  while (!(await answers(port))) {
    if (Date.now() > endMs)
      throw new Error(`${name} does not answer on port ${port}; its log is ${folder}/${name}.log`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
