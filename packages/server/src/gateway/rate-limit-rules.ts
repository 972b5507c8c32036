import type { RateLimit } from './rate-limits-port.ts';

const secondMs = 1_000;
const minuteMs = 60_000;

function steady(name: string, perWindow: number, windowMs: number): RateLimit {
  return { name, perWindow, windowMs, burst: 0, burstWindowMs: 0 };
}

/** Every limit, with the reason for its figures. Burst pools refill slowly, so that the steady rate is what lasts. */
export const rateLimitRules = {
  /** Faster than people write; 60 at once for pasted lines and outboxes coming back online. */
  send: { name: 'send', perWindow: 20, windowMs: secondMs, burst: 40, burstWindowMs: minuteMs },
  /** One conversation can't take the whole of a shard's log. */
  sendToConversation: steady('send_to_conversation', 1_000, secondMs),
  /** Everything but sends on a socket: scrolling, reading, typing, and the ranges of a catch-up. */
  frame: { name: 'frame', perWindow: 50, windowMs: secondMs, burst: 500, burstWindowMs: minuteMs },
  /** Requests over HTTP by one session's user. */
  request: { name: 'request', perWindow: 50, windowMs: secondMs, burst: 500, burstWindowMs: minuteMs },
  /** Requests over HTTP from one address: an office is behind one, so it is wide. */
  address: { name: 'address', perWindow: 200, windowMs: secondMs, burst: 2_000, burstWindowMs: minuteMs },
  /** What makes conversations and memberships: each is an entry, and rows for others. */
  change: { name: 'change', perWindow: 5, windowMs: secondMs, burst: 200, burstWindowMs: 60 * minuteMs },
  /** Sign-ups from one address: a class or an office on its first day fits. */
  signup: steady('signup', 100, 60 * minuteMs),
  /** Guesses at one account from one address: a stranger locks only himself out. */
  loginPair: steady('login_pair', 10, 5 * minuteMs),
  /** Guesses at one account from everywhere: a distributed guesser, wide enough that he is no lock-out. */
  loginAccount: steady('login_account', 200, 5 * minuteMs),
  /** Guesses at many accounts from one address: an office's morning fits. */
  loginAddress: steady('login_address', 500, 5 * minuteMs),
} satisfies Record<string, RateLimit>;
