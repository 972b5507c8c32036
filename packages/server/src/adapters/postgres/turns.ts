/** Lets batches of one process that have a shard in common go one after the other, in the order of asking. */
export class Turns {
  private readonly last = new Map<number, Promise<unknown>>();

  async take<Result>(shards: readonly number[], run: () => Promise<Result>): Promise<Result> {
    const before = shards.map((shard) => this.last.get(shard));
    const turn = Promise.allSettled(before).then(run);
    // Whoever waits goes on however this ends; how it ends is for whoever asked.
    const ended = turn.catch(() => undefined);
    for (const shard of shards) this.last.set(shard, ended);
    try {
      return await turn;
    } finally {
      for (const shard of shards) if (this.last.get(shard) === ended) this.last.delete(shard);
    }
  }
}
