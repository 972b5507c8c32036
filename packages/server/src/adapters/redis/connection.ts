import { type ChainableCommander, Redis } from 'ioredis';
import { systemClock } from '../../platform/clock.ts';
import { Unavailable, Unusable } from '../../platform/failures.ts';
import { backOffMs } from '../../platform/waiting.ts';
import { closeEarlierConnections } from './earlier-connections.ts';
import { defaultRedisTimeouts, Readiness, type RedisTimeouts } from './readiness.ts';
import { type ScriptName, scripts } from './scripts/scripts.ts';

const closeTimeoutMs = 200;
const retryMinMs = 50;
const retryMaxMs = 2_000;

export interface RedisSettings {
  /** `redis://` or, over TLS, `rediss://`, with user, password and database as needed. */
  url: string;
  /** The prefix of this cluster's keys in this Redis: letters, digits, `_`, `-`, `.`. */
  prefix: string;
  /** Called for every failed connection. Calls that fail because of it reject by themselves. */
  report(error: unknown): void;
}

/**
 * Connects to Redis or Valkey, and reconnects whenever the connection is lost. Returns at once: calls wait up to a
 * second for the connection, unless other timeouts are given.
 */
export function openRedis(
  { url, prefix, report }: RedisSettings,
  timeouts: RedisTimeouts = defaultRedisTimeouts,
): RedisConnection {
  checkUrl(url);
  const client = new Redis(url, {
    connectTimeout: timeouts.connectMs,
    commandTimeout: timeouts.commandMs,
    socketTimeout: timeouts.silenceMs,
    disconnectTimeout: closeTimeoutMs,
    maxLoadingRetryTime: retryMaxMs,
    retryStrategy: (attempt) => backOffMs(attempt - 1, { firstMs: retryMinMs, mostMs: retryMaxMs }),
    // Another replica was promoted, or the name now leads to another server.
    reconnectOnError: (error) => /^(READONLY|MASTERDOWN|LOADING)/.test(error.message),
    // A command that timed out must not be sent later or twice: it would undo later changes.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    scripts,
  });
  client.on('error', (error) => report(withoutArguments(error)));
  // Before the readiness, which lets calls send their commands.
  closeEarlierConnections(client, (error) => report(withoutArguments(error)));
  return new RedisConnection(client, new Readiness(client, timeouts), keyPrefix(prefix));
}

/** A client of Redis. Every failure is {@link Unavailable}, within two seconds. */
export class RedisConnection {
  constructor(
    /** For libraries with their own commands. */
    readonly client: Redis,
    private readonly readiness: Readiness,
    /** The prefix of every key. Its hash tag keeps all keys on one node of a Redis Cluster, as scripts need. */
    readonly prefix: string,
  ) {}

  /** The address for messages, without password. */
  get address(): string {
    return `${this.client.options.host}:${this.client.options.port}`;
  }

  /** Whether the connection has been lost for so long that calls are refused at once. */
  get isLost(): boolean {
    return this.readiness.isLost;
  }

  /** The same client under another prefix. */
  within(prefix: string): RedisConnection {
    return new RedisConnection(this.client, this.readiness, keyPrefix(prefix));
  }

  /** Runs a script, atomically. Its only key argument is the prefix, from which it builds all key names. */
  run(script: ScriptName, ...values: (string | number)[]): Promise<unknown> {
    return this.ask((client) => withScripts<Promise<unknown>, Redis>(client)[script](this.prefix, ...values));
  }

  /** Sends several commands in one round trip and returns their results. Commands of others may run between them. */
  async pipeline(fill: (pipeline: Pipeline) => void): Promise<unknown[]> {
    return this.ask(async (client) => {
      const pipeline = withScripts<void, ChainableCommander>(client.pipeline());
      fill(pipeline);
      const replies = await pipeline.exec();
      return (replies ?? []).map(([error, reply]) => {
        if (error) throw error;
        return reply;
      });
    });
  }

  /** Closes the connection after the current commands. */
  async close(): Promise<void> {
    await this.client.quit().catch(() => this.client.disconnect());
  }

  private async ask<Answer>(send: (client: Redis) => Promise<Answer>): Promise<Answer> {
    let sentAtMs: number | null = null;
    try {
      await this.readiness.reached();
      sentAtMs = systemClock.monotonicMs();
      const answer = await send(this.client);
      this.readiness.answered();
      return answer;
    } catch (error) {
      if (sentAtMs !== null && isTimeout(error)) this.readiness.late(sentAtMs);
      const cause = withoutArguments(error);
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Unavailable(`Redis at ${this.address} does not answer: ${reason}`, { cause });
    }
  }
}

/** Commands and scripts, which get the prefix, for one round trip. */
export type Pipeline = WithScripts<void, ChainableCommander>;

type WithScripts<Answer, Commands> = Commands & Record<ScriptName, (...values: (string | number)[]) => Answer>;

/** The client has a method for each script, which its types do not know. */
function withScripts<Answer, Commands>(commands: Commands): WithScripts<Answer, Commands> {
  return commands as WithScripts<Answer, Commands>;
}

function checkUrl(url: string): void {
  const protocol = URL.parse(url)?.protocol;
  if (protocol === 'redis:' || protocol === 'rediss:') return;
  throw new Unusable(
    'the address of Redis has to be a URL that begins with redis:// or, for TLS, rediss://, as in redis://localhost:6379',
  );
}

function keyPrefix(prefix: string): string {
  if (/^[\w.-]+$/.test(prefix)) return `{${prefix}}:`;
  throw new Unusable(`the prefix of keys in Redis is letters, digits, "_", "-" and ".", and not "${prefix}"`);
}

/** Whether the client gave up waiting for the answer to a command. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Command timed out';
}

/** The client adds the command to errors: ids of users, and in the first command the password. */
function withoutArguments(error: unknown): unknown {
  if (error instanceof Error && 'command' in error) delete error.command;
  return error;
}
