import type { RateLimit } from './rate-limits-port.ts';

/** A limit with what it counts, in the words of the reference. */
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

/** Every limit, with the reason for its figures. Burst pools refill slowly, so that the steady rate is what lasts. */
export const rateLimitRules = {
  /** Faster than people write; 60 at once for pasted lines and outboxes coming back online. */
  send: bursty(steady('send', 20, secondMs, 'messages by one user'), 40, minuteMs),
  /** One conversation can't take the whole of a shard's log. */
  sendToConversation: steady('send_to_conversation', 1_000, secondMs, 'messages to one conversation'),
  /** Scrolling, reading, typing, and the ranges of a catch-up. */
  frame: bursty(steady('frame', 50, secondMs, 'frames of one user beside messages'), 500, minuteMs),
  /** Each of these goes to up to 256 others at once; clients tell typing every three seconds and collect reading. */
  signal: bursty(steady('signal', 5, secondMs, 'signs of typing and reading by one user'), 200, minuteMs),
  /** Opening a client's views, and the ranges of a catch-up. */
  request: bursty(steady('request', 50, secondMs, 'HTTP requests by one user'), 500, minuteMs),
  /** An office or a school is behind one address, so it is wide. */
  address: bursty(steady('address', 200, secondMs, 'HTTP requests from one address'), 2_000, minuteMs),
  /** Each is an entry, and rows for others: a person's afternoon of organising fits, a script's doesn't. */
  change: bursty(steady('change', 5, secondMs, 'changes to conversations by one user'), 200, hourMs),
  /** A class or an office on its first day fits. */
  signup: steady('signup', 100, hourMs, 'sign-ups from one address'),
  /** Somebody who mistypes fits; asking for a name again and again is probing for who is here. */
  signupName: steady('signup_name', 10, 10 * minuteMs, 'sign-ups under one username'),
  /** Guesses at one account from one address: a stranger locks only himself out. */
  loginPair: steady('login_pair', 10, 5 * minuteMs, 'log-ins to one account from one address'),
  /** Guesses at the current password in one session; counted apart from log-ins, which strangers can use up. */
  password: steady('password', 10, 5 * minuteMs, 'changes of the password in one session'),
  /** Guesses from a device on which the account once logged in; other devices can't use this up. */
  loginDevice: steady('login_device', 10, 5 * minuteMs, 'log-ins to one account from one known device'),
  /** A distributed guesser; wide enough that it takes twenty addresses to lock somebody out, and only for minutes. */
  loginAccount: steady('login_account', 200, 5 * minuteMs, 'log-ins to one account'),
  /** Guesses at many accounts from one address: an office's morning fits. */
  loginAddress: steady('login_address', 500, 5 * minuteMs, 'log-ins from one address'),
} satisfies Record<string, RateLimitRule>;
