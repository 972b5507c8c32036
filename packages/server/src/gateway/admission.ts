import type { ConversationId, OperationId, UserId } from '@parley/protocol';
import { Refusal } from '../platform/failures.ts';
import { failureReporter } from '../platform/log.ts';
import { type RateLimitRule, rateLimitRules as rules } from './rate-limit-rules.ts';
import type { RateLimits } from './rate-limits-port.ts';

const reportFailure = failureReporter('gateway');

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
  constructor(private readonly limits: RateLimits) {}

  request(address: string): Promise<void> {
    return this.take(rules.address, address);
  }

  async operation(operationId: OperationId, userId: UserId): Promise<void> {
    await this.take(rules.request, userId);
    if (changes.has(operationId)) await this.take(rules.change, userId);
  }

  /** A message, over whichever way it comes. */
  async send(userId: UserId, conversationId: ConversationId): Promise<void> {
    await this.take(rules.send, userId);
    await this.take(rules.sendToConversation, conversationId);
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

  async login(address: string, username: string): Promise<void> {
    const account = username.toLowerCase();
    await this.take(rules.loginAddress, address);
    await this.take(rules.loginPair, `${address} ${account}`);
    await this.take(rules.loginAccount, account);
  }

  private async take(rule: RateLimitRule, key: string): Promise<void> {
    const retryAfterMs = await this.limits.consume(rule, key).catch((error: unknown) => {
      // Better to let too much through for a while than nobody at all.
      reportFailure(error);
      return 0;
    });
    if (retryAfterMs > 0) throw new Refusal('rate_limited', `Too many ${rule.counts}.`, { retryAfterMs });
  }
}
