import type { BaseOptions } from '@platformatic/kafka';
import { Unavailable } from '../../platform/failures.ts';
import { backOffMs as backOff } from '../../platform/waiting.ts';

/** How the brokers are reached. */
export interface KafkaSettings {
  /** `host:port` of some of the brokers, from which the others are discovered. */
  brokers: readonly string[];
  /** The prefix of the names of topics and groups. */
  clusterName: string;
  tls: boolean;
  sasl: { mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'; username: string; password: string } | null;
  /** Called with failures that have no caller. */
  report(error: unknown): void;
}

const connectTimeoutMs = 2_000;
const requestTimeoutMs = 4_000;
const retries = 1;
const retryDelayMs = 200;
/** The metadata is refreshed after this time, or when a broker says that it does not lead a partition. */
const metadataMaxAgeMs = 5_000;

/** The options of all clients; no request waits longer than a few seconds. */
export function clientOptions({ brokers, clusterName, tls, sasl }: KafkaSettings): BaseOptions {
  return {
    clientId: clusterName,
    bootstrapBrokers: [...brokers],
    connectTimeout: connectTimeoutMs,
    timeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    retries,
    retryDelay: retryDelayMs,
    metadataMaxAge: metadataMaxAgeMs,
    autocreateTopics: false,
    ...(tls && { tls: {} }),
    ...(sasl && { sasl }),
  };
}

/**
 * The error that a failed call rejects with. Every failure of a broker or the network means that it is unavailable now.
 */
export function failureOf(error: unknown, doing: string): Unavailable {
  const reasons = new Set(partsOf(error).flatMap((part) => (part instanceof Error ? [part.message] : [])));
  return new Unavailable(`Kafka could not ${doing}: ${[...reasons].join(' ') || String(error)}`, { cause: error });
}

/** Whether the error, or one of its causes, is the broker's error of this name. */
export function isBrokerError(error: unknown, name: string): boolean {
  return partsOf(error).some((part) => 'apiId' in part && part.apiId === name);
}

/** Whether the topic does not exist; the client has its own error for topics that its metadata lack. */
export function isUnknownTopic(error: unknown): boolean {
  return (
    isBrokerError(error, 'UNKNOWN_TOPIC_OR_PARTITION') ||
    partsOf(error).some((part) => 'message' in part && String(part.message).startsWith('Unknown topic '))
  );
}

/** The error and all its causes. */
function partsOf(error: unknown): object[] {
  if (typeof error !== 'object' || error === null) return [];
  const errors = 'errors' in error && Array.isArray(error.errors) ? error.errors : [];
  return [error, ...[...errors, 'cause' in error && error.cause].flatMap(partsOf)];
}

/** The backoff, in milliseconds, after `failures` failed attempts. */
export function backOffMs(failures: number): number {
  return backOff(failures, { firstMs: 50, mostMs: 2_000 });
}
