import { Refusal } from '../platform/failures.ts';

/** OWASP's password storage cheat sheet: argon2id with at least 19 MiB, t=2, p=1. Bun's parallelism is always 1. */
const cost = { algorithm: 'argon2id', memoryCost: 19 * 1024, timeCost: 2 } as const;

/** Hashes passwords, few at a time: each takes a core for tens of milliseconds (oven-sh/bun#36256). */
export class PasswordHashing {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  /** What a password is compared with where there is no account, so that it takes as long. */
  private readonly nobody: Promise<string>;

  constructor(
    private readonly concurrencyMax = 2,
    private readonly waitingMax = 200,
  ) {
    this.nobody = this.hash(crypto.randomUUID());
  }

  /** A PHC string. Throws {@link Refusal} `overloaded` when too many wait. */
  hash(password: string): Promise<string> {
    return this.inTurn(() => Bun.password.hash(password, cost));
  }

  /** Whether the password is the one; takes as long when there is no hash to compare with. */
  async verify(password: string, hash: string | undefined): Promise<boolean> {
    const against = hash ?? (await this.nobody);
    // Bun refuses to look at an empty password; nobody's password is empty.
    const matches = await this.inTurn(() => Bun.password.verify(password === '' ? '\0' : password, against));
    return matches && hash !== undefined;
  }

  private async inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.turn();
    try {
      return await work();
    } finally {
      this.running--;
      this.waiting.shift()?.();
    }
  }

  private async turn(): Promise<void> {
    if (this.running >= this.concurrencyMax) {
      if (this.waiting.length >= this.waitingMax) {
        throw new Refusal('overloaded', 'Too many people are logging in at once.', { retryAfterMs: 5_000 });
      }
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    this.running++;
  }
}
