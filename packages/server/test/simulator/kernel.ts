import type { Clock } from '../../src/platform/clock.ts';
import { EventQueue, type SimulatedEvent } from './event-queue.ts';
import type { Owner } from './owner.ts';

/** No simulation needs as many; one that does has events that make events for ever. */
const eventsMax = 3_000_000;

/**
 * The simulated time and its events. One event runs at a time, with everything that the promises which it settles do;
 * then the time jumps to the next one. Nothing else makes anything happen, so a run depends on its inputs alone.
 */
export class Kernel {
  nowMs = 0;
  events = 0;
  /** A hash over all events so far, in order. */
  hash = 0n;
  private readonly queue = new EventQueue();
  private readonly held = new Map<Owner, SimulatedEvent[]>();

  /** `trace` receives each event as a line. */
  constructor(private readonly trace: (line: string) => void = () => undefined) {}

  /** Calls `run` after `delayMs` as an event of `owner`, unless the returned function is called before. */
  at(delayMs: number, owner: Owner, label: string, run: () => void): () => void {
    const event = this.queue.add(this.nowMs + Math.max(0, delayMs), owner, label, run);
    return () => {
      event.run = null;
    };
  }

  pause(owner: Owner): void {
    if (owner.state === 'running') owner.state = 'paused';
  }

  /** Continues the owner: the events that waited come at once, in order. */
  resume(owner: Owner): void {
    if (owner.state !== 'paused') return;
    owner.state = 'running';
    for (const event of this.held.get(owner) ?? []) {
      // The event may be cancelled until it runs.
      if (event.run) this.at(0, owner, event.label, () => event.run?.());
    }
    this.held.delete(owner);
  }

  kill(owner: Owner): void {
    owner.state = 'dead';
    this.held.delete(owner);
  }

  /** Runs events until `isDone`. Returns false if that is not so after `limitMs` of simulated time. */
  async runUntil(isDone: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.nowMs + limitMs;
    // What the caller has just begun goes on before the first event.
    await turn();
    while (!isDone()) {
      const event = this.queue.takeUntil(endMs);
      if (!event) {
        this.nowMs = endMs;
        return isDone();
      }
      this.nowMs = event.dueMs;
      await this.happen(event);
    }
    return true;
  }

  /** Lets this time pass. */
  async pass(durationMs: number): Promise<void> {
    await this.runUntil(() => false, durationMs);
  }

  /** Runs events until the promise is settled; returns its result. */
  async settle<Result>(what: string, promise: Promise<Result>, limitMs: number): Promise<Result> {
    let isSettled = false;
    const settled = () => {
      isSettled = true;
    };
    promise.then(settled, settled);
    if (await this.runUntil(() => isSettled, limitMs)) return promise;
    throw new Error(`${what} did not end within ${limitMs} ms of simulated time`);
  }

  private async happen(event: SimulatedEvent): Promise<void> {
    const { owner, label, run } = event;
    if (!run || owner.state === 'dead') return;
    if (owner.state === 'paused') {
      const others = this.held.get(owner);
      if (others) others.push(event);
      else this.held.set(owner, [event]);
      return;
    }
    if (++this.events > eventsMax) throw new Error(`the simulation has more than ${eventsMax} events`);
    const line = `${this.nowMs.toFixed(3)} ${owner.name}: ${label}`;
    this.hash = Bun.hash.xxHash64(line, this.hash);
    this.trace(line);
    run();
    await turn();
  }
}

/** The clock of an owner, whose wall time differs from the simulated time by `offsetMs()`. */
export function clockOf(kernel: Kernel, owner: Owner, offsetMs: () => number = () => 0): Clock {
  const after = (delayMs: number, run: () => void) => kernel.at(delayMs, owner, 'timer', run);
  return {
    nowMs: () => Math.floor(startMs + kernel.nowMs + offsetMs()),
    monotonicMs: () => kernel.nowMs,
    after,
    every(intervalMs, run) {
      let cancel: () => void = () => undefined;
      const next = () => {
        cancel = after(intervalMs, () => {
          next();
          run();
        });
      };
      next();
      return () => cancel();
    },
  };
}

/** 2026-01-01T00:00:00Z. */
const startMs = 1_767_225_600_000;

/** Resolves when everything that settled promises cause has happened. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
