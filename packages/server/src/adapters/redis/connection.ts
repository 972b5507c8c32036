import { type ChainableCommander, Redis } from 'ioredis';
import { Unavailable, Unusable } from '../../platform/failures.ts';
import { backOffMs } from '../../platform/waiting.ts';
import { Readiness } from './readiness.ts';
import { type ScriptName, scripts } from './scripts/scripts.ts';

const connectTimeoutMs = 1_000;
/** A command without an answer by then is given up. It may yet be carried out. */
const commandTimeoutMs = 1_000;
/** A connection that brings nothing for this long while something is asked is dead, though nobody closed it. */
const silenceMs = 2_000;
const closeTimeoutMs = 200;
const retryMinMs = 50;
const retryMaxMs = 2_000;

export interface RedisSettings {
  /** `redis://` or, over TLS, `rediss://`, with user, password and database as needed. */
  url: string;
  /** Names what is this cluster's among whatever else is in this Redis: letters, digits, `_`, `-`, `.`. */
  prefix: string;
  /** Is told of every connection that failed. Calls that fail thereby reject on their own. */
  report(error: unknown): void;
}

/**
 * Connects to Redis or Valkey, and again whenever the connection is lost. Returns at once: calls wait a second for the
 * connection.
 */
export function openRedis({ url, prefix, report }: RedisSettings): RedisConnection {
  checkUrl(url);
  const client = new Redis(url, {
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    socketTimeout: silenceMs,
    disconnectTimeout: closeTimeoutMs,
    maxLoadingRetryTime: retryMaxMs,
    retryStrategy: (attempt) => backOffMs(attempt - 1, { firstMs: retryMinMs, mostMs: retryMaxMs }),
    // A replica that was promoted elsewhere, or a name that leads to another server by now.
    reconnectOnError: (error) => /^(READONLY|MASTERDOWN|LOADING)/.test(error.message),
    // What was given up must not be sent later, nor twice: it would undo what happened since.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    scripts,
  });
  client.on('error', (error) => report(withoutArguments(error)));
  return new RedisConnection(client, new Readiness(client), keyPrefix(prefix));
}

/** One client of Redis. Whatever fails, fails as {@link Unavailable}, within two seconds. */
export class RedisConnection {
  constructor(
    /** For libraries that bring their own commands. */
    readonly client: Redis,
    private readonly readiness: Readiness,
    /** What every key begins with. Its hash tag keeps all of them on one node of a Redis Cluster, as scripts need. */
    readonly prefix: string,
  ) {}

  /** Where it leads, for messages: without password. */
  get address(): string {
    return `${this.client.options.host}:${this.client.options.port}`;
  }

  /** The same client under another prefix. */
  within(prefix: string): RedisConnection {
    return new RedisConnection(this.client, this.readiness, keyPrefix(prefix));
  }

  /** Runs a script, atomically. It gets the prefix as its one key and builds the names of all others from that. */
  run(script: ScriptName, ...values: (string | number)[]): Promise<unknown> {
    return this.ask((client) => withScripts<Promise<unknown>, Redis>(client)[script](this.prefix, ...values));
  }

  /** Sends several commands in one go. Others' commands may come between them. Returns their answers. */
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

  /** Ends after what is under way. */
  async close(): Promise<void> {
    await this.client.quit().catch(() => this.client.disconnect());
  }

  private async ask<Answer>(send: (client: Redis) => Promise<Answer>): Promise<Answer> {
    try {
      await this.readiness.reached();
      return await send(this.client);
    } catch (error) {
      const cause = withoutArguments(error);
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Unavailable(`Redis at ${this.address} does not answer: ${reason}`, { cause });
    }
  }
}

/** Commands, and scripts, which here want the prefix, to be sent together. */
export type Pipeline = WithScripts<void, ChainableCommander>;

type WithScripts<Answer, Commands> = Commands & Record<ScriptName, (...values: (string | number)[]) => Answer>;

/** The client makes a method of each script it was opened with, which its types don't know. */
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

/** The client adds to errors what was sent: people's ids, and in the first command the password. */
function withoutArguments(error: unknown): unknown {
  if (error instanceof Error && 'command' in error) delete error.command;
  return error;
}
