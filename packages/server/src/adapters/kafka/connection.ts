import type { BaseOptions } from '@platformatic/kafka';
import { Unavailable } from '../../platform/failures.ts';

/** How the brokers are reached. */
export interface KafkaSettings {
  /** `host:port` of some of the brokers; the others are learnt from these. */
  brokers: readonly string[];
  /** What the names of topics and groups begin with. */
  clusterName: string;
  tls: boolean;
  sasl: { mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'; username: string; password: string } | null;
  /** Is told of failures that have no caller. */
  report(error: unknown): void;
}

const connectTimeoutMs = 2_000;
const requestTimeoutMs = 4_000;
const retries = 1;
const retryDelayMs = 200;
/** Who leads a partition is asked again after this, or when a broker says that it doesn't. */
const metadataMaxAgeMs = 5_000;

/** The options that every client has in common; nothing of it waits longer than a few seconds. */
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

/** What a call that failed rejects with. Whatever a broker or the way to it does wrong, it can't serve now. */
export function failureOf(error: unknown, doing: string): Unavailable {
  const reason = error instanceof Error ? error.message : String(error);
  return new Unavailable(`Kafka could not ${doing}: ${reason}`, { cause: error });
}

/** Whether the error, or one of those it is made of, is the broker's error of this name. */
export function isBrokerError(error: unknown, name: string): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if ('apiId' in error && error.apiId === name) return true;
  const parts = [
    ...('errors' in error && Array.isArray(error.errors) ? error.errors : []),
    'cause' in error && error.cause,
  ];
  return parts.some((part) => isBrokerError(part, name));
}

/** Whether the topic isn't there; the client has an error of its own for what its metadata lack. */
export function isUnknownTopic(error: unknown): boolean {
  if (isBrokerError(error, 'UNKNOWN_TOPIC_OR_PARTITION')) return true;
  if (error instanceof AggregateError) return error.errors.some(isUnknownTopic);
  return error instanceof Error && (error.message.startsWith('Unknown topic ') || isUnknownTopic(error.cause));
}

/** Milliseconds before the attempt after `failures` failed ones: doubles, half of it is chance, at most two seconds. */
export function backOffMs(failures: number): number {
  const delayMs = Math.min(2_000, 50 * 2 ** Math.min(failures, 10));
  return delayMs / 2 + (Math.random() * delayMs) / 2;
}

/** What `call` comes to; rejects when it takes longer than `limitMs`. */
export async function within<Answer>(limitMs: number, call: Promise<Answer>): Promise<Answer> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
  try {
    return await Promise.race([call, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
