import { Refusal } from '../platform/failures.ts';

/** The hash function. Tests replace it to count calls instead of waiting. */
export interface Argon2 {
  hash(password: string): Promise<string>;
  verify(password: string, hash: string): Promise<boolean>;
}

/** OWASP's password storage cheat sheet: argon2id with at least 19 MiB, t=2, p=1. Bun's parallelism is always 1. */
const cost = { algorithm: 'argon2id', memoryCost: 19 * 1024, timeCost: 2 } as const;

/** A hash of this cost of a random text, to compare with when there is no account, so that the answer takes as long. */
export const hashOfNobody =
  '$argon2id$v=19$m=19456,t=2,p=1$T5Xq91GhsYQ+0XFziXNs1NoAnLVEEyzKflGDiuleR+s$NwZCCwZumg2PGX4GaDNFj3o8OWPjL6fSgM8u97aShCQ';

export const bunArgon2: Argon2 = {
  hash: (password) => Bun.password.hash(password, cost),
  verify: (password, hash) => Bun.password.verify(password, hash),
};

interface HashingBounds {
  concurrencyMax: number;
  waitingMax: number;
}

/** Two leave the event loop's core alone on small machines; 200 wait for some three seconds. */
const defaultBounds: HashingBounds = { concurrencyMax: 2, waitingMax: 200 };
const retryAfterMs = 5_000;

/**
 * The kind of a caller. Known callers, who have a session, or a device or an address that the account knows, do not wait
 * behind strangers: strangers who guess passwords fill only their own queue.
 */
type Asker = 'known' | 'stranger';

/** Hashes passwords, a few at a time: each takes a core for tens of milliseconds (oven-sh/bun#36256). */
export class PasswordHashing {
  private running = 0;
  private readonly waiting: Record<Asker, (() => void)[]> = { known: [], stranger: [] };

  constructor(
    private readonly argon2: Argon2,
    private readonly bounds: HashingBounds = defaultBounds,
  ) {}

  /** Returns a PHC string. Throws {@link Refusal} `overloaded` when too many calls wait. */
  hash(password: string, asker: Asker = 'stranger'): Promise<string> {
    return this.inTurn(asker, () => this.argon2.hash(password));
  }

  /** Whether the password matches the hash. Takes as long when there is no hash to compare with. */
  async verify(password: string, hash: string | undefined, asker: Asker = 'stranger'): Promise<boolean> {
    const against = hash ?? hashOfNobody;
    // Bun answers for an empty password without doing the work; no password has a NUL.
    const matches = await this.inTurn(asker, () => this.argon2.verify(password === '' ? '\0' : password, against));
    return matches && hash !== undefined;
  }

  private async inTurn<Result>(asker: Asker, work: () => Promise<Result>): Promise<Result> {
    await this.turn(this.waiting[asker]);
    try {
      return await work();
    } finally {
      // The slot passes directly to the next waiter, so that no new caller takes it first.
      const next = this.waiting.known.shift() ?? this.waiting.stranger.shift();
      if (next) next();
      else this.running--;
    }
  }

  private async turn(waiting: (() => void)[]): Promise<void> {
    if (this.running < this.bounds.concurrencyMax) {
      this.running++;
      return;
    }
    if (waiting.length >= this.bounds.waitingMax) {
      throw new Refusal('overloaded', 'Too many people are logging in at once.', { retryAfterMs });
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
}
