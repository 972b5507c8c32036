import type { Clock } from '../../src/platform/clock.ts';

/** A record to be appended: a command, or deliveries for the mailbox of a server. */
export type Produced =
  | { kind: 'command'; partition: number; text: string }
  | { kind: 'mail'; serverId: string; texts: readonly string[] };

/** A partition that is assigned to a member of the group, since this generation of the group. */
export interface Assigned {
  partition: number;
  generation: number;
  /** Where its consumer begins. */
  committed: number;
}

export interface FetchedRecords {
  partition: number;
  from: number;
  texts: string[];
}

const sessionTimeoutMs = 2_000;
const expiryMs = 200;

/**
 * A model of Kafka: the partitions of the command log with one group of consumers, and the mailboxes. What it accepted
 * is never lost. A partition can have two owners for a while: the group assigns it anew at once, and the former owner
 * learns so at its next heartbeat.
 */
export class KafkaBroker {
  readonly logId = 'log';
  /** Commands that could not be decided. */
  readonly deadLetters: string[] = [];
  private readonly partitions: string[][];
  private readonly committed: number[];
  private readonly owners: { memberId: string | null; generation: number }[];
  private readonly members = new Map<string, { heardMs: number }>();
  private generation = 0;
  /** Moves with each forced rebalance, so that every partition changes its owner. */
  private turn = 0;
  private readonly mailboxes = new Map<string, string[]>();
  private readonly waiting = new Set<() => void>();
  private readonly stopExpiring: () => void;
  /** The deliveries so far, and which of them are lost or doubled. */
  private delivered = 0;
  readonly mailFaults = new Map<number, 'lost' | 'doubled'>();

  constructor(
    readonly partitionCount: number,
    private readonly clock: Pick<Clock, 'after' | 'every' | 'monotonicMs'>,
  ) {
    this.partitions = Array.from({ length: partitionCount }, () => []);
    this.committed = Array.from({ length: partitionCount }, () => 0);
    this.owners = Array.from({ length: partitionCount }, () => ({ memberId: null, generation: 0 }));
    this.stopExpiring = clock.every(expiryMs, () => this.expire());
  }

  close(): void {
    this.stopExpiring();
  }

  end(partition: number): number {
    return this.partition(partition).length;
  }

  get mailCount(): number {
    return this.delivered;
  }

  append(records: readonly Produced[]): void {
    for (const record of records) {
      if (record.kind === 'command') this.partition(record.partition).push(record.text);
      else for (const text of record.texts) this.putMail(record.serverId, text);
    }
    for (const wake of [...this.waiting]) wake();
  }

  /** Opening again, because the answer was lost, changes nothing. */
  openMailbox(serverId: string): void {
    if (!this.mailboxes.has(serverId)) this.mailboxes.set(serverId, []);
  }

  removeMailbox(serverId: string): void {
    this.mailboxes.delete(serverId);
    for (const wake of [...this.waiting]) wake();
  }

  get serverIds(): string[] {
    return [...this.mailboxes.keys()];
  }

  /** The deliveries from this position on; null when the mailbox is missing. Waits for the first one for a while. */
  async mail(serverId: string, position: number, waitMs: number): Promise<string[] | null> {
    await this.arrival(waitMs, () => (this.mailboxes.get(serverId)?.length ?? Number.POSITIVE_INFINITY) > position);
    return this.mailboxes.get(serverId)?.slice(position) ?? null;
  }

  /** Records from these positions on, `limit` in all. Waits for the first one for a while. */
  async fetch(positions: ReadonlyMap<number, number>, limit: number, waitMs: number): Promise<FetchedRecords[]> {
    await this.arrival(waitMs, () => [...positions].some(([partition, from]) => this.end(partition) > from));
    let left = limit;
    const fetched: FetchedRecords[] = [];
    for (const [partition, from] of positions) {
      const texts = this.partition(partition).slice(from, from + left);
      left -= texts.length;
      if (texts.length > 0) fetched.push({ partition, from, texts });
    }
    return fetched;
  }

  /** Joins the group or stays in it. Returns the partitions that are assigned to the member. */
  heartbeat(memberId: string): Assigned[] {
    const isNew = !this.members.has(memberId);
    this.members.set(memberId, { heardMs: this.clock.monotonicMs() });
    if (isNew) this.assign();
    return this.owners.flatMap((owner, partition) => {
      if (owner.memberId !== memberId) return [];
      return [{ partition, generation: owner.generation, committed: this.committed[partition] ?? 0 }];
    });
  }

  leave(memberId: string): void {
    if (this.members.delete(memberId)) this.assign();
  }

  /** Refused without a word for a partition that was assigned anew since. */
  commit(memberId: string, { partition, generation }: Pick<Assigned, 'partition' | 'generation'>, to: number): void {
    const owner = this.owners[partition];
    if (owner?.memberId === memberId && owner.generation === generation) this.committed[partition] = to;
  }

  /** Gives every partition to another member, if there is one. */
  rebalance(): void {
    this.turn++;
    this.assign();
  }

  private putMail(serverId: string, text: string): void {
    const fault = this.mailFaults.get(this.delivered++);
    const mailbox = this.mailboxes.get(serverId);
    if (!mailbox || fault === 'lost') return;
    mailbox.push(text);
    if (fault === 'doubled') mailbox.push(text);
  }

  private partition(partition: number): string[] {
    const records = this.partitions[partition];
    if (!records) throw new Error(`there is no partition ${partition}`);
    return records;
  }

  private expire(): void {
    const nowMs = this.clock.monotonicMs();
    const silent = [...this.members].filter(([, { heardMs }]) => nowMs - heardMs > sessionTimeoutMs);
    for (const [memberId] of silent) this.members.delete(memberId);
    if (silent.length > 0) this.assign();
  }

  private assign(): void {
    this.generation++;
    const memberIds = [...this.members.keys()].sort();
    for (const [partition, owner] of this.owners.entries()) {
      const memberId = memberIds[(partition + this.turn) % memberIds.length] ?? null;
      if (owner.memberId !== memberId) this.owners[partition] = { memberId, generation: this.generation };
    }
  }

  /** Resolves when `isThere`, or after `waitMs`. */
  private async arrival(waitMs: number, isThere: () => boolean): Promise<void> {
    if (isThere()) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        cancel();
        this.waiting.delete(look);
        resolve();
      };
      const look = () => {
        if (isThere()) done();
      };
      const cancel = this.clock.after(waitMs, done);
      this.waiting.add(look);
    });
  }
}
