import type { Owner } from './owner.ts';

export interface SimulatedEvent {
  readonly dueMs: number;
  readonly owner: Owner;
  readonly label: string;
  /** Null once the event is cancelled. */
  run: (() => void) | null;
}

interface Queued extends SimulatedEvent {
  order: number;
}

/** Events in the order of their time; those of one time in the order in which they were added. A binary heap. */
export class EventQueue {
  private readonly heap: Queued[] = [];
  private added = 0;

  add(dueMs: number, owner: Owner, label: string, run: () => void): SimulatedEvent {
    const event: Queued = { dueMs, owner, label, run, order: this.added++ };
    let index = this.heap.length;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.at(parentIndex);
      if (!isBefore(event, parent)) break;
      this.heap[index] = parent;
      index = parentIndex;
    }
    this.heap[index] = event;
    return event;
  }

  /** Removes and returns the next event up to `endMs`. */
  takeUntil(endMs: number): SimulatedEvent | null {
    const [first] = this.heap;
    if (!first || first.dueMs > endMs) return null;
    const last = this.heap.pop();
    if (last && last !== first) this.sink(last);
    return first;
  }

  private sink(event: Queued): void {
    const { length } = this.heap;
    let index = 0;
    for (let child = 1; child < length; child = 2 * index + 1) {
      if (child + 1 < length && isBefore(this.at(child + 1), this.at(child))) child++;
      if (!isBefore(this.at(child), event)) break;
      this.heap[index] = this.at(child);
      index = child;
    }
    this.heap[index] = event;
  }

  private at(index: number): Queued {
    const event = this.heap[index];
    if (!event) throw new Error(`the queue has no event ${index}`);
    return event;
  }
}

function isBefore(one: Queued, other: Queued): boolean {
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order);
}
