/** Serializes the batches of one process that have a shard in common, in the order of the calls. */
export class Turns {
  private readonly last = new Map<number, Promise<unknown>>();

  async take<Result>(shards: readonly number[], run: () => Promise<Result>): Promise<Result> {
    const before = shards.map((shard) => this.last.get(shard));
    const turn = Promise.allSettled(before).then(run);
    // The next batch starts whether this one succeeds or fails; the caller gets the error.
    const ended = turn.catch(() => undefined);
    for (const shard of shards) this.last.set(shard, ended);
    try {
      return await turn;
    } finally {
      for (const shard of shards) if (this.last.get(shard) === ended) this.last.delete(shard);
    }
  }
}
