import { Registry } from 'prom-client';
import { defaultSubmitBounds, type SubmitBounds } from '../distribution/submitter.ts';
import type { Publish } from '../messaging/socket.ts';
import { type Clock, type NextTurn, setImmediateTurn, systemClock } from '../platform/clock.ts';
import { type Ids, systemIds } from '../platform/ids.ts';
import { failureReporter } from '../platform/log.ts';
import { type Argon2, bunArgon2 } from '../users/password-hashing.ts';

/** What the parts of a process use besides the adapters. */
export interface ProcessPorts {
  clock: Clock;
  ids: Ids;
  argon2: Argon2;
  nextTurn: NextTurn;
  /** Limits for the commands under way. */
  submitBounds: SubmitBounds;
  /** From 0 up to, but not including, 1: spreads the retries of many processes. */
  random(): number;
  publish: Publish;
  /** Returns where a part of the server, named for the log, reports failures that no caller receives. */
  failureReporter(part: string): (error: unknown) => void;
  /** The registry that the parts add their metrics to. */
  metrics: Registry;
}

/** The ports of the product. A process without sockets publishes to nobody. */
export function systemPorts(): ProcessPorts {
  return {
    ...{ clock: systemClock, ids: systemIds, argon2: bunArgon2, failureReporter },
    ...{ nextTurn: setImmediateTurn, random: Math.random, submitBounds: defaultSubmitBounds },
    publish: () => undefined,
    metrics: new Registry(),
  };
}
