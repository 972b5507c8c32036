import { systemClock } from '../../platform/clock.ts';
import { Unavailable } from '../../platform/failures.ts';
import { backOffMs } from './connection.ts';
import { GroupMember, type GroupOptions } from './group-member.ts';

interface MembershipOptions extends Omit<GroupOptions, 'broken'> {
  /** The membership was lost: this process has no partitions until some are assigned again. */
  lost(): void;
}

/** How long {@link Membership.join} retries. */
const firstJoinMs = 30_000;

/** Keeps a process in a consumer group: joins again when the membership is lost. */
export class Membership {
  private member: GroupMember;
  private open = true;
  private beginning = false;
  private failures = 0;
  /** Before the first join, {@link join} retries, not {@link rejoin}. */
  private hasJoined = false;

  constructor(private readonly options: MembershipOptions) {
    this.member = this.newMember();
  }

  /** Retries, because a new cluster has no group coordinator for some seconds. Permanent errors reject at once. */
  async join(): Promise<void> {
    const endMs = performance.now() + firstJoinMs;
    for (;;) {
      try {
        await this.member.join();
        this.hasJoined = true;
        return;
      } catch (error) {
        if (!(error instanceof Unavailable) || performance.now() > endMs) throw error;
        this.member.abandon();
        await Bun.sleep(backOffMs(this.failures++));
        this.member = this.newMember();
      }
    }
  }

  /** Marks the records of the partition before `next` as processed. The offset is committed soon, with others. */
  done(partition: number, next: bigint): void {
    this.member.done(partition, next);
  }

  /** Abandons the membership, whose assignment is no longer valid, and joins again. */
  renew(error: unknown): void {
    this.rejoin(this.member, error);
  }

  /** From now on, does not join again when the membership is lost. */
  stopRenewing(): void {
    this.open = false;
  }

  /** Commits the processed offsets and leaves the group, so that other members take over at once. */
  async close(): Promise<void> {
    this.open = false;
    await this.member.close();
  }

  private newMember(): GroupMember {
    const member = new GroupMember({
      ...this.options,
      assigned: (positions, topicId) => {
        this.failures = 0;
        this.options.assigned(positions, topicId);
      },
      broken: (error) => this.rejoin(member, error),
    });
    return member;
  }

  private rejoin(broken: GroupMember, error: unknown): void {
    this.options.settings.report(error);
    // One failure may be reported twice: by the `broken` event and by the pending call.
    if (!this.hasJoined || broken !== this.member || this.beginning) return;
    broken.abandon();
    this.options.lost();
    if (!this.open) return;
    this.beginning = true;
    systemClock.after(backOffMs(this.failures++), () => {
      this.beginning = false;
      if (!this.open) return;
      const member = this.newMember();
      this.member = member;
      member.join().catch((cause: unknown) => this.rejoin(member, cause));
    });
  }
}
