import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../../tools/free-port.mjs';
import { Topics } from '../../src/adapters/kafka/topics.ts';
import { pidOf } from './pid-of.ts';
import { until } from './until.ts';

/** Downloaded by `npm run services -- up`. */
const libraries = fileURLToPath(new URL('../../../../.services/kafka-libs', import.meta.url));

/** Why tests with brokers of their own are skipped; null when they are not. */
export const withoutOwnBrokers =
  Bun.which('java') === null || !existsSync(libraries) ? 'no Kafka is here: `npm run services -- up` fetches it' : null;

/** The quick compiler alone: a broker that runs for a minute spends more time compiling well than that saves. */
const java = ['java', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
const inSyncReplicas = 2;
/** Any 16 bytes in base64. */
const clusterId = 'cGFybGV5LW93bi1icm9rZQ';

/** An additional listener with TLS, for one user with SCRAM-SHA-512. */
export interface SecureListener {
  /** PEM file with key and certificate. */
  certificate: string;
  username: string;
  password: string;
}

/** Kafka brokers of one test; each may be killed and restarted with its data. */
export class OwnBrokers {
  private readonly processes: (Bun.Subprocess | null)[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'parley-own-brokers-'));

  private constructor(
    private readonly ports: readonly number[],
    private readonly controllerPorts: readonly number[],
    private readonly securePorts: readonly number[],
    private readonly secure: SecureListener | null,
  ) {}

  /** Resolves when they respond as one cluster. */
  static async start(count: number, secure: SecureListener | null = null): Promise<OwnBrokers> {
    const free = () => Promise.all(Array.from({ length: count }, freePort));
    const brokers = new OwnBrokers(await free(), await free(), await free(), secure);
    const all = Array.from({ length: count }, (_, broker) => broker);
    await Promise.all(all.map((broker) => brokers.format(broker)));
    for (const broker of all) brokers.startAgain(broker);
    await brokers.untilTogether();
    return brokers;
  }

  get addresses(): string {
    return this.ports.map((port) => `127.0.0.1:${port}`).join(',');
  }

  get pids(): number[] {
    return this.processes.map(pidOf);
  }

  /** The size of the records that one broker stores of the topics that begin with `prefix`. */
  storedBytes(prefix: string, broker = 0): number {
    const log = join(this.folder, `broker-${broker}`);
    return readdirSync(log, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.startsWith(prefix) && file.endsWith('.log'))
      .reduce((sum, file) => sum + statSync(join(log, file)).size, 0);
  }

  /** The port of the {@link SecureListener}. */
  get secureAddresses(): string {
    return this.securePorts.map((port) => `localhost:${port}`).join(',');
  }

  /** With `fileBytesMax`, no file of the broker can grow beyond that, which acts as a full disk. */
  startAgain(broker: number, { fileBytesMax }: { fileBytesMax?: number } = {}): void {
    const limited = fileBytesMax === undefined ? [] : ['prlimit', `--fsize=${fileBytesMax}`];
    const program = [...limited, ...java, '-Xmx256m', '-cp', `${libraries}/*`, 'kafka.Kafka', this.properties(broker)];
    this.processes[broker] = Bun.spawn(program, { stdio: ['ignore', 'ignore', 'ignore'] });
  }

  signal(broker: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.processes[broker]?.kill(signal);
  }

  /** Resolves when it has exited by itself. */
  async ended(broker: number): Promise<void> {
    await this.processes[broker]?.exited;
  }

  async kill(broker: number): Promise<void> {
    this.processes[broker]?.kill('SIGKILL');
    await this.processes[broker]?.exited;
  }

  async remove(): Promise<void> {
    await Promise.all(this.processes.keys().map((broker) => this.kill(broker)));
    rmSync(this.folder, { recursive: true });
  }

  private async untilTogether(): Promise<void> {
    const topics = new Topics({
      ...{ brokers: this.addresses.split(','), clusterName: 'together', tls: false, sasl: null },
      report: () => undefined,
    });
    const create = () =>
      topics.create({ shards: 1, replicationFactor: this.ports.length }).then(
        () => true,
        () => false,
      );
    await until('the brokers form a cluster', create, { withinMs: 300_000, pauseMs: 100 });
    await topics.remove();
    await topics.close();
  }

  private async format(broker: number): Promise<void> {
    writeFileSync(this.properties(broker), this.propertiesOf(broker));
    const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', this.properties(broker)];
    if (this.secure) {
      const { username, password } = this.secure;
      format.push('--add-scram', `SCRAM-SHA-512=[name=${username},password=${password}]`);
    }
    const program = Bun.spawn([...java, '-cp', `${libraries}/*`, ...format], { stdio: ['ignore', 'ignore', 'pipe'] });
    const errors = await new Response(program.stderr).text();
    if ((await program.exited) !== 0) throw new Error(`the storage could not be formatted: ${errors}`);
  }

  private properties(broker: number): string {
    return join(this.folder, `broker-${broker}.properties`);
  }

  private propertiesOf(broker: number): string {
    const voters = this.controllerPorts.map((port, id) => `${id + 1}@127.0.0.1:${port}`).join(',');
    const factor = this.ports.length;
    const inSync = Math.min(inSyncReplicas, factor);
    const secure = this.secureProperties(broker);
    return `process.roles=broker,controller
node.id=${broker + 1}
controller.quorum.voters=${voters}
listeners=PLAINTEXT://127.0.0.1:${this.ports[broker]},CONTROLLER://127.0.0.1:${this.controllerPorts[broker]}${secure.listener}
advertised.listeners=PLAINTEXT://127.0.0.1:${this.ports[broker]}${secure.advertised}
${secure.settings}controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=${join(this.folder, `broker-${broker}`)}
auto.create.topics.enable=false
offsets.topic.replication.factor=${factor}
offsets.topic.num.partitions=2
min.insync.replicas=${inSync}
transaction.state.log.replication.factor=${factor}
transaction.state.log.min.isr=${inSync}
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.index.size.max.bytes=65536
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
`;
  }

  private secureProperties(broker: number): { listener: string; advertised: string; settings: string } {
    if (!this.secure) return { listener: '', advertised: '', settings: '' };
    const port = this.securePorts[broker];
    return {
      listener: `,SECURE://127.0.0.1:${port}`,
      advertised: `,SECURE://localhost:${port}`,
      settings: `listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.secure.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.secure.ssl.keystore.type=PEM
listener.name.secure.ssl.keystore.location=${this.secure.certificate}
`,
    };
  }
}
