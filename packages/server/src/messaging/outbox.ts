/** Something that has frames to write at the end of the turn: a connection. */
export interface Unflushed {
  flush(): void;
}

/**
 * The connections with unsent frames. They are written at the end of the present turn of the event loop, so that the
 * frames of one connection, such as an ack and the sender's own entry, are in one write.
 */
export class Outbox {
  private waiting: Unflushed[] = [];

  /** @param atEnd calls back after the promises that can settle in this turn. */
  constructor(private readonly atEnd: (run: () => void) => void = process.nextTick) {}

  add(connection: Unflushed): void {
    if (this.waiting.push(connection) === 1) this.atEnd(() => this.flush());
  }

  /** Writes the waiting frames. */
  flush(): void {
    const connections = this.waiting;
    if (connections.length === 0) return;
    this.waiting = [];
    for (const connection of connections) connection.flush();
  }
}
