import type { ConversationId, OperationId, SessionId, UserId } from '@parley/protocol';
import { type Clock, systemClock } from '../platform/clock.ts';
import { Refusal } from '../platform/failures.ts';
import { failureReporter } from '../platform/log.ts';
import { ConversationLimit } from './conversation-limit.ts';
import { type RateLimitRule, rateLimitRules as rules } from './rate-limit-rules.ts';
import type { RateLimits } from './rate-limits-port.ts';

const reportFailure = failureReporter('gateway');

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
  'banUser',
  'unbanUser',
  'setRole',
]);

/** Enforces the rate limits. Every method throws {@link Refusal} `rate_limited` with the time to retry. */
export class Admission {
  private readonly sends: ConversationLimit;
  private readonly amendments: ConversationLimit;

  /** @param limits null for no limits, for load tests. */
  constructor(
    private readonly limits: RateLimits | null,
    clock: Pick<Clock, 'monotonicMs'> = systemClock,
  ) {
    this.sends = new ConversationLimit((id) => this.consume(rules.sendToConversation, id), clock);
    this.amendments = new ConversationLimit((id) => this.consume(rules.amendInConversation, id), clock);
  }

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
    const waitMs = this.sends.waitMs(conversationId);
    if (waitMs > 0) throw refusal(rules.sendToConversation, waitMs);
  }

  /**
   * Counts a message against its conversation.
   *
   * @param error why it failed; undefined for a message that was sent.
   */
  sent(conversationId: ConversationId, error?: unknown): void {
    if (this.counts(error)) void this.sends.count(conversationId);
  }

  /** Admits an amendment, over either transport. The caller reports its outcome to {@link amended}. */
  async amend(userId: UserId, conversationId: ConversationId): Promise<void> {
    await this.take(rules.amend, userId);
    const waitMs = this.amendments.waitMs(conversationId);
    if (waitMs > 0) throw refusal(rules.amendInConversation, waitMs);
  }

  /** Counts an amendment as {@link sent} counts a message: a flood of reactions must not keep people from writing. */
  amended(conversationId: ConversationId, error?: unknown): void {
    if (this.counts(error)) void this.amendments.count(conversationId);
  }

  /** What a user who is not a member tried is not counted against the conversation. */
  private counts(error: unknown): boolean {
    return this.limits !== null && !(error instanceof Refusal && error.code === 'not_found');
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

  /** @param origin the key of a known device or address of the account; null for other log-ins. */
  async login(address: string, username: string, origin: string | null = null): Promise<void> {
    // The refusal is that of other log-ins from the address: another text would reveal that the account exists.
    if (origin !== null) return this.take(rules.loginDevice, origin, rules.loginPair);
    const account = username.toLowerCase();
    await this.take(rules.loginAddress, address);
    await this.take(rules.loginPair, `${address} ${account}`);
    await this.take(rules.loginAccount, account);
  }

  /** Admits a guess at the current password. It is counted by session, so that others can't use up its limit. */
  password(sessionId: SessionId): Promise<void> {
    return this.take(rules.password, sessionId);
  }

  /** @param named the limit that a refusal names. */
  private async take(rule: RateLimitRule, key: string, named: RateLimitRule = rule): Promise<void> {
    const retryAfterMs = await this.consume(rule, key);
    if (retryAfterMs > 0) throw refusal(named, retryAfterMs);
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
