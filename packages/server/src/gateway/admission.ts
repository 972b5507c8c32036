import type { ConversationId, OperationId, SessionId, UserId } from '@parley/protocol';
import { type Clock, systemClock } from '../platform/clock.ts';
import { Refusal } from '../platform/failures.ts';
import { failureReporter } from '../platform/log.ts';
import { type RateLimitRule, rateLimitRules as rules } from './rate-limit-rules.ts';
import type { RateLimits } from './rate-limits-port.ts';

const reportFailure = failureReporter('gateway');

/** Above it those whose window has passed are forgotten. */
const fullConversationsMax = 10_000;

/** For load tests: everything is admitted. */
export const noRateLimits: RateLimits = { consume: () => Promise.resolve(0) };

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

/** Says no to whoever asks for too much. Every method throws {@link Refusal} `rate_limited` with when to try again. */
export class Admission {
  /** Conversations that got all they may in this window, and until when. */
  private readonly fullUntilMs = new Map<ConversationId, number>();

  constructor(
    private readonly limits: RateLimits,
    private readonly clock: Pick<Clock, 'monotonicMs'> = systemClock,
  ) {}

  request(address: string): Promise<void> {
    return this.take(rules.address, address);
  }

  async operation(operationId: OperationId, userId: UserId): Promise<void> {
    await this.take(rules.request, userId);
    if (changes.has(operationId)) await this.take(rules.change, userId);
  }

  /** A message, by HTTP or WebSocket. The caller passes its outcome to {@link sent}. */
  async send(userId: UserId, conversationId: ConversationId): Promise<void> {
    await this.take(rules.send, userId);
    const retryAfterMs = (this.fullUntilMs.get(conversationId) ?? 0) - this.clock.monotonicMs();
    if (retryAfterMs > 0) throw refusal(rules.sendToConversation, Math.ceil(retryAfterMs));
    this.fullUntilMs.delete(conversationId);
  }

  /**
   * Counts a message against its conversation, unless its sender has no part in it: strangers must not use up what its
   * members may send. So it is counted when that is known, and the bound is exceeded by what is under way by then.
   */
  sent(conversationId: ConversationId, sending: Promise<unknown>): void {
    sending.then(
      () => this.count(conversationId),
      (error: unknown) => {
        if (!(error instanceof Refusal) || error.code !== 'not_found') this.count(conversationId);
      },
    );
  }

  frame(userId: UserId): Promise<void> {
    return this.take(rules.frame, userId);
  }

  /** Typing and reading, over whichever way it comes: others are told. */
  signal(userId: UserId): Promise<void> {
    return this.take(rules.signal, userId);
  }

  async signup(address: string, username: string): Promise<void> {
    await this.take(rules.signup, address);
    await this.take(rules.signupName, username.toLowerCase());
  }

  /** @param device what a known device of the account is counted by: strangers can't use that up; null for others. */
  async login(address: string, username: string, device: string | null = null): Promise<void> {
    if (device !== null) return this.take(rules.loginDevice, device);
    const account = username.toLowerCase();
    await this.take(rules.loginAddress, address);
    await this.take(rules.loginPair, `${address} ${account}`);
    await this.take(rules.loginAccount, account);
  }

  /** A guess at the current password. It is counted by session, so that others can't use up what the session may. */
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

  private consume(rule: RateLimitRule, key: string): Promise<number> {
    return this.limits.consume(rule, key).catch((error: unknown) => {
      // Better to let too much through for a while than nobody at all.
      reportFailure(error);
      return 0;
    });
  }
}

function refusal(rule: RateLimitRule, retryAfterMs: number): Refusal {
  return new Refusal('rate_limited', `Too many ${rule.counts}.`, { retryAfterMs });
}
