import { type Argon2, bunArgon2 } from '../../src/users/password-hashing.ts';

/**
 * Argon2 at the lowest cost, for the many accounts that tests create by signing up. Verification reads the cost from the
 * hash. `users/password-hashing.test.ts` tests the product's cost.
 */
export const fastArgon2: Argon2 = {
  ...bunArgon2,
  hash: (password) => Bun.password.hash(password, { algorithm: 'argon2id', memoryCost: 8, timeCost: 1 }),
};
