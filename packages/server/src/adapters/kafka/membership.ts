import { Unavailable } from '../../platform/failures.ts';
import { backOffMs } from './connection.ts';
import { GroupMember, type GroupOptions } from './group-member.ts';

interface MembershipOptions extends Omit<GroupOptions, 'broken'> {
  /** The membership broke: no partition is this process's until some are assigned again. */
  lost(): void;
}

/** How long the first attempts to join a group go on. */
const firstJoinMs = 30_000;

/** A process's place in a consumer group. When its membership breaks it joins anew. */
export class Membership {
  private member: GroupMember;
  private open = true;
  private beginning = false;
  private failures = 0;
  /** Until it has, whoever started it tries again. */
  private hasJoined = false;

  constructor(private readonly options: MembershipOptions) {
    this.member = this.newMember();
  }

  /** A young cluster has no coordinator of groups for some seconds; brokers that refuse for good say so at once. */
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

  /** Everything of the partition before `next` is done. Committed soon, with others. */
  done(partition: number, next: bigint): void {
    this.member.done(partition, next);
  }

  /** Breaks the membership off: what was assigned is of no use any more. */
  renew(error: unknown): void {
    this.beginAnew(this.member, error);
  }

  /** A membership that breaks from now on is not renewed. */
  stopRenewing(): void {
    this.open = false;
  }

  /** Commits what is done, then leaves: others take over at once. */
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
      broken: (error) => this.beginAnew(member, error),
    });
    return member;
  }

  private beginAnew(broken: GroupMember, error: unknown): void {
    this.options.settings.report(error);
    // What breaks a membership may be told by its event and by the call that was under way.
    if (!this.hasJoined || broken !== this.member || this.beginning) return;
    broken.abandon();
    this.options.lost();
    if (!this.open) return;
    this.beginning = true;
    setTimeout(
      () => {
        this.beginning = false;
        if (!this.open) return;
        const member = this.newMember();
        this.member = member;
        member.join().catch((cause: unknown) => this.beginAnew(member, cause));
      },
      backOffMs(this.failures++),
    );
  }
}
