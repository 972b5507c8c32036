import type { RateLimit } from './rate-limits-port.ts';

/** A limit with a description of what it counts, for the reference. */
export interface RateLimitRule extends RateLimit {
  counts: string;
}

const secondMs = 1_000;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

function steady(name: string, perWindow: number, windowMs: number, counts: string): RateLimitRule {
  return { name, perWindow, windowMs, burst: 0, burstWindowMs: 0, counts };
}

function bursty(rate: RateLimitRule, burst: number, burstWindowMs: number): RateLimitRule {
  return { ...rate, burst, burstWindowMs };
}

/**
 * All limits, with the reasons for their values. Burst pools refill slowly, so the steady rate holds in the long run.
 */
export const rateLimitRules = {
  /** Faster than people write; 60 at once for pasted lines and outboxes coming back online. */
  send: bursty(steady('send', 20, secondMs, 'messages of one user'), 40, minuteMs),
  /** Reacting to what is in view, and edits made offline. */
  amend: bursty(steady('amend', 10, secondMs, 'changes to messages of one user'), 100, minuteMs),
  /** One conversation must not take the whole capacity of a shard's log. */
  sendToConversation: steady('send_to_conversation', 1_000, secondMs, 'messages to one conversation'),
  /** Everybody in a large channel may react at once. Reactions to one message cost little. */
  amendInConversation: steady('amend_in_conversation', 5_000, secondMs, 'changes to messages in one conversation'),
  /** Scrolling, reading, typing, and the ranges of a catch-up. */
  frame: bursty(steady('frame', 50, secondMs, 'frames of one user other than messages'), 500, minuteMs),
  /** Each is sent to up to 256 others. Clients send typing every three seconds and collect read positions. */
  signal: bursty(steady('signal', 5, secondMs, 'typing notices and read positions of one user'), 200, minuteMs),
  /** Opening a client's views, and the ranges of a catch-up. */
  request: bursty(steady('request', 50, secondMs, 'HTTP requests of one user'), 500, minuteMs),
  /** Wide, because an office or a school may be behind one address. */
  address: bursty(steady('address', 200, secondMs, 'HTTP requests from one address'), 2_000, minuteMs),
  /**
   * Each makes an entry, and rows for others: this suffices for a person who organises groups all afternoon, not for a
   * script.
   */
  change: bursty(steady('change', 5, secondMs, 'changes to conversations of one user'), 200, hourMs),
  /** Suffices for a class or an office on its first day. */
  signup: steady('signup', 100, hourMs, 'sign-ups from one address'),
  /** Suffices for a person who mistypes. More attempts on one name probe which names exist. */
  signupName: steady('signup_name', 10, 10 * minuteMs, 'sign-ups under one username'),
  /** Guesses at one account from one address. A stranger locks out only their own address. */
  loginPair: steady('login_pair', 10, 5 * minuteMs, 'log-ins to one account from one address'),
  /** Guesses at the current password in one session. Counted apart from log-ins, which strangers can use up. */
  password: steady('password', 10, 5 * minuteMs, 'changes of the password in one session'),
  /** Guesses from a known device or address of the account; others can't use this up. */
  loginDevice: steady('login_device', 10, 5 * minuteMs, 'log-ins to one account from one known device or address'),
  /** A distributed attack. Wide enough that locking an account takes twenty addresses, and then lasts minutes only. */
  loginAccount: steady('login_account', 200, 5 * minuteMs, 'log-ins to one account'),
  /** Guesses at many accounts from one address. Suffices for an office in the morning. */
  loginAddress: steady('login_address', 500, 5 * minuteMs, 'log-ins from one address'),
} satisfies Record<string, RateLimitRule>;
