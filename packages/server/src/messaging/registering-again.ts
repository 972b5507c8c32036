/** Calls of the registry that one server has under way at a time: all servers register again at once. */
const callsMax = 100;

export interface Registration {
  /** Differs from the keys of all others. */
  key: string;
  register(): Promise<unknown>;
}

/**
 * Registers everything again after the registry lost its data (race 7): some at a time, because more would wait for each
 * other until they time out. An attempt after one that failed goes on where that stopped.
 */
export class RegisteringAgain {
  private readonly done = new Set<string>();

  /** Nothing is registered: the lease was acquired anew. */
  reset(): void {
    this.done.clear();
  }

  /**
   * @param keepLease is called between the calls, which together may take longer than the lease is valid.
   */
  async run(registrations: readonly Registration[], keepLease: () => Promise<void>): Promise<void> {
    const left = registrations.filter(({ key }) => !this.done.has(key));
    for (let from = 0; from < left.length; from += callsMax) {
      const step = left.slice(from, from + callsMax);
      const results = await Promise.allSettled(step.map(({ register }) => register()));
      for (const [index, { key }] of step.entries()) if (results[index]?.status === 'fulfilled') this.done.add(key);
      const failed = results.find((result) => result.status === 'rejected');
      if (failed) throw failed.reason;
      await keepLease();
    }
  }
}
