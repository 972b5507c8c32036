import type { ConversationId, OperationId, SessionId, UserId } from '@parley/protocol';
import { type Clock, systemClock } from '../platform/clock.ts';
import { Refusal } from '../platform/failures.ts';
import { failureReporter } from '../platform/log.ts';
import { type RateLimitRule, rateLimitRules as rules } from './rate-limit-rules.ts';
import type { RateLimits } from './rate-limits-port.ts';

const reportFailure = failureReporter('gateway');

/** Above this number, keys whose window is over are removed. */
const fullConversationsMax = 10_000;

/** Operations that make entries other than messages. */
const changes: ReadonlySet<OperationId> = new Set<OperationId>([
  'openDirect',
  'createGroup',
  'createChannel',
  'joinChannel',
  'leaveConversation',
  'updateConversation',
  'addMembers',
  'removeMember',
  'setRole',
]);

/** Enforces the rate limits. Every method throws {@link Refusal} `rate_limited` with the time to retry. */
export class Admission {
  /** Conversations that reached their limit in this window, with its end. */
  private readonly fullUntilMs = new Map<ConversationId, number>();

  /** @param limits null for no limits, for load tests. */
  constructor(
    private readonly limits: RateLimits | null,
    private readonly clock: Pick<Clock, 'monotonicMs'> = systemClock,
  ) {}

  request(address: string): Promise<void> {
    return this.take(rules.address, address);
  }

  async operation(operationId: OperationId, userId: UserId): Promise<void> {
    await this.take(rules.request, userId);
    if (changes.has(operationId)) await this.take(rules.change, userId);
  }

  /**
   * Admits a message, by HTTP or WebSocket. The caller reports its outcome to {@link sent}. Returns undefined when the
   * message is admitted without a question to the limits.
   */
  send(userId: UserId, conversationId: ConversationId): Promise<void> | undefined {
    return this.limits === null ? undefined : this.admitSend(userId, conversationId);
  }

  private async admitSend(userId: UserId, conversationId: ConversationId): Promise<void> {
    await this.take(rules.send, userId);
    const retryAfterMs = (this.fullUntilMs.get(conversationId) ?? 0) - this.clock.monotonicMs();
    if (retryAfterMs > 0) throw refusal(rules.sendToConversation, Math.ceil(retryAfterMs));
    this.fullUntilMs.delete(conversationId);
  }

  /**
   * Counts a message against its conversation, unless the sender is not a member: non-members must not use up the limit
   * of the members. It is counted when that is known, so the messages under way at that time exceed the limit.
   *
   * @param error why it failed; undefined for a message that was sent.
   */
  sent(conversationId: ConversationId, error?: unknown): void {
    if (this.limits === null || (error instanceof Refusal && error.code === 'not_found')) return;
    void this.count(conversationId);
  }

  frame(userId: UserId): Promise<void> {
    return this.take(rules.frame, userId);
  }

  /** Admits a typing notice or a read position, over either transport: it is sent to others. */
  signal(userId: UserId): Promise<void> {
    return this.take(rules.signal, userId);
  }

  async signup(address: string, username: string): Promise<void> {
    await this.take(rules.signup, address);
    await this.take(rules.signupName, username.toLowerCase());
  }

  /** @param device the key of a known device of the account, which strangers can't use up; null for other log-ins. */
  async login(address: string, username: string, device: string | null = null): Promise<void> {
    if (device !== null) return this.take(rules.loginDevice, device);
    const account = username.toLowerCase();
    await this.take(rules.loginAddress, address);
    await this.take(rules.loginPair, `${address} ${account}`);
    await this.take(rules.loginAccount, account);
  }

  /** Admits a guess at the current password. It is counted by session, so that others can't use up its limit. */
  password(sessionId: SessionId): Promise<void> {
    return this.take(rules.password, sessionId);
  }

  private async take(rule: RateLimitRule, key: string): Promise<void> {
    const retryAfterMs = await this.consume(rule, key);
    if (retryAfterMs > 0) throw refusal(rule, retryAfterMs);
  }

  private async count(conversationId: ConversationId): Promise<void> {
    const retryAfterMs = await this.consume(rules.sendToConversation, conversationId);
    if (retryAfterMs === 0) return;
    const nowMs = this.clock.monotonicMs();
    this.fullUntilMs.set(conversationId, nowMs + retryAfterMs);
    if (this.fullUntilMs.size <= fullConversationsMax) return;
    for (const [id, untilMs] of this.fullUntilMs) if (untilMs <= nowMs) this.fullUntilMs.delete(id);
  }

  private async consume(rule: RateLimitRule, key: string): Promise<number> {
    if (this.limits === null) return 0;
    try {
      return await this.limits.consume(rule, key);
    } catch (error) {
      // Admitting too much for a while is better than refusing everything.
      reportFailure(error);
      return 0;
    }
  }
}

function refusal(rule: RateLimitRule, retryAfterMs: number): Refusal {
  return new Refusal('rate_limited', `Too many ${rule.counts}.`, { retryAfterMs });
}
