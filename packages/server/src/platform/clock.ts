/** The source of time. Code that waits or reads the time uses this interface, never globals. */
export interface Clock {
  /** Milliseconds since the Unix epoch; may step back when the machine's clock is set. */
  nowMs(): number;
  /** Milliseconds that never step back, for measuring durations. */
  monotonicMs(): number;
  /** Calls `run` once after `delayMs`, unless the returned function is called before. Never keeps the process alive. */
  after(delayMs: number, run: () => void): () => void;
  /** Calls `run` every `intervalMs` until the returned function is called. Never keeps the process alive. */
  every(intervalMs: number, run: () => void): () => void;
}

/** Calls `run` when the callbacks of the current turn of the event loop are done. */
export type NextTurn = (run: () => void) => void;

export const setImmediateTurn: NextTurn = (run) => void setImmediate(run);

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
  every(intervalMs, run) {
    const timer = setInterval(run, intervalMs);
    timer.unref();
    return () => clearInterval(timer);
  },
};
