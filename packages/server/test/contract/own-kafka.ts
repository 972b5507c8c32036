import { describe, test } from 'bun:test';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Fetched by `npm run services -- up`. */
const libraries = fileURLToPath(new URL('../../../../.services/kafka-libs', import.meta.url));

/** Tests that start, pause and kill a broker of their own, or a skipped one that says why there are none. */
export function describeOnOwnKafka(name: string, run: () => void): void {
  if (Bun.which('java') !== null && existsSync(libraries)) describe(name, run);
  else test.skip(`${name}: no Kafka is here to start: \`npm run services -- up\` fetches it`, () => undefined);
}

/** A broker of the test's own, which may be killed and started again with what is on its disk. */
export class OwnKafka {
  private readonly folder = mkdtempSync(join(tmpdir(), 'parley-own-kafka-'));
  private process: Bun.Subprocess | null = null;

  private constructor(
    private readonly port: number,
    controllerPort: number,
  ) {
    writeFileSync(this.properties, propertiesOf(port, controllerPort, this.folder));
  }

  static async start(): Promise<OwnKafka> {
    const kafka = new OwnKafka(await freePort(), await freePort());
    const format = ['kafka.tools.StorageTool', 'format', '-t', 'cGFybGV5LXNlcnZpY2VzMg', '-c', kafka.properties];
    const formatted = Bun.spawnSync(['java', '-cp', `${libraries}/*`, ...format]);
    if (!formatted.success) throw new Error(`the storage could not be formatted: ${formatted.stderr}`);
    kafka.startAgain();
    return kafka;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  startAgain(): void {
    this.process = Bun.spawn(['java', '-Xmx256m', '-cp', `${libraries}/*`, 'kafka.Kafka', this.properties], {
      stdio: ['ignore', 'ignore', 'ignore'],
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.process?.kill(signal);
  }

  async kill(): Promise<void> {
    this.process?.kill('SIGKILL');
    await this.process?.exited;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }

  private get properties(): string {
    return join(this.folder, 'server.properties');
  }
}

function propertiesOf(port: number, controllerPort: number, folder: string): string {
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=${folder}/logs
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.on('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
