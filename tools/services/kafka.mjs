import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../free-port.mjs';
import { root } from '../workspace.mjs';
import { dataFolder, firstAnswer, folder, has, run } from './program.mjs';

/** Any 16 bytes in base64. */
const clusterId = 'cGFybGV5LXNlcnZpY2VzMQ';

/** A metadata request in Kafka's protocol: size, API 3, version 1, and no topics. */
const metadataRequest = Buffer.from([0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0]);
/** Position of the number of brokers in the answer, after size and correlation id. */
const brokerCountAt = 8;

export const kafka = {
  stopSignal: 'SIGTERM',

  /** Starts the service. Returns its state, or a string that says why it can't be started. */
  async start(name) {
    if (!has('java')) return 'Java is not installed (Debian: default-jre-headless)';
    const libraries = join(folder, 'kafka-libs');
    const missing = fetchLibraries(libraries);
    if (missing) return missing;
    const [port, controllerPort] = [await freePort(), await freePort()];
    const data = dataFolder(name);
    const file = join(data, 'server.properties');
    writeFileSync(file, properties(port, controllerPort, data));
    const classPath = ['-cp', `${libraries}/*`];
    const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', file];
    const formatted = spawnSync('java', [...classPath, ...format], { encoding: 'utf8' });
    if (formatted.status !== 0) return `its storage could not be formatted: ${formatted.stderr}`;
    const pid = run(name, ['java', '-Xmx512m', ...classPath, 'kafka.Kafka', file]);
    return { address: `127.0.0.1:${port}`, port, data, pid };
  },

  /** A broker is in the list only after it has joined its cluster. */
  async answers({ port }) {
    const answer = await firstAnswer(port, metadataRequest);
    return answer !== undefined && answer.length > brokerCountAt + 4 && answer.readInt32BE(brokerCountAt) > 0;
  },
};

/** Fetches the libraries unless they exist. Returns the error, or undefined. */
function fetchLibraries(libraries) {
  if (existsSync(libraries)) return undefined;
  if (!has('mvn')) return 'Maven is not installed (Debian: maven)';
  const pom = join(root, 'deploy/kafka/pom.xml');
  const copy = ['dependency:copy-dependencies', `-DoutputDirectory=${libraries}`];
  const fetched = spawnSync('mvn', ['-q', '-B', '-f', pom, ...copy]);
  if (fetched.status === 0) return undefined;
  rmSync(libraries, { recursive: true, force: true });
  return `Maven could not fetch it: ${fetched.stdout}`;
}

/** The configuration of one node that is broker and controller; see https://kafka.apache.org/documentation/#kraft. */
function properties(port, controllerPort, data) {
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
