import { expect, test } from 'bun:test';
import { Refusal } from '../../src/platform/failures.ts';
import { bunArgon2, hashOfNobody, PasswordHashing } from '../../src/users/password-hashing.ts';
import { CountingArgon2 } from './counting-argon2.ts';

test('is argon2id with 19 MiB, two passes, one lane, also of the hash to compare with when there is no account', async () => {
  const cost = '$argon2id$v=19$m=19456,t=2,p=1$';
  const hash = await new PasswordHashing(bunArgon2).hash('correct horse battery');
  for (const each of [hash, hashOfNobody]) expect(each).toStartWith(cost);
  expect(hashOfNobody).toHaveLength(hash.length);
});

test('accepts the password and no other, not even an empty one', async () => {
  const hashing = new PasswordHashing(bunArgon2);
  const hash = await hashing.hash('correct horse battery');
  expect(await hashing.verify('correct horse battery', hash)).toBe(true);
  expect(await hashing.verify('correct horse batterz', hash)).toBe(false);
  expect(await hashing.verify('', hash)).toBe(false);
  expect(await hashing.verify('correct horse battery', undefined)).toBe(false);
});

test('runs a bounded number of hashes at once, and finishes all in order', async () => {
  const argon2 = new CountingArgon2();
  const hashing = new PasswordHashing(argon2, { concurrencyMax: 3, waitingMax: 100 });
  const gate = Promise.withResolvers<void>();
  argon2.until = gate.promise;
  const hashes = Promise.all(Array.from({ length: 50 }, (_, index) => hashing.hash(`password ${index}`)));
  gate.resolve();
  expect(new Set(await hashes).size).toBe(50);
  expect(argon2.mostAtOnce).toBe(3);
});

test('serves no new caller before one that waits', async () => {
  const argon2 = new CountingArgon2();
  const hashing = new PasswordHashing(argon2, { concurrencyMax: 1, waitingMax: 10 });
  await hashing.verify('anything', undefined);
  const order: string[] = [];
  const done = (name: string) => hashing.hash(name).then(() => order.push(name));
  const late = done('first').then(() => done('late'));
  await Promise.all([done('second'), done('third'), late]);
  expect(order).toEqual(['first', 'second', 'third', 'late']);
  expect(argon2.mostAtOnce).toBe(1);
});

test('accepts no password when there is no hash, whatever the hash function returns', async () => {
  const yes = { hash: async () => 'hash', verify: async () => true };
  expect(await new PasswordHashing(yes).verify('anything', undefined)).toBe(false);
});

test('does the whole work for an empty password too', async () => {
  const given: string[] = [];
  const argon2 = new CountingArgon2();
  const verify = argon2.verify.bind(argon2);
  argon2.verify = (password, hash) => {
    given.push(password);
    return verify(password, hash);
  };
  await new PasswordHashing(argon2).verify('', undefined);
  expect(given).not.toContain('');
});

test('refuses a caller behind too many waiting ones, with a time to retry', async () => {
  const argon2 = new CountingArgon2();
  const hashing = new PasswordHashing(argon2, { concurrencyMax: 1, waitingMax: 2 });
  await hashing.verify('anything', undefined);
  const gate = Promise.withResolvers<void>();
  argon2.until = gate.promise;
  const under = [1, 2, 3].map((index) => hashing.hash(`password ${index}`));
  const refused = await hashing.hash('one too many').catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Refusal);
  expect(refused).toMatchObject({ code: 'overloaded', more: { retryAfterMs: 5_000 } });
  gate.resolve();
  await Promise.all(under);
  expect(await hashing.hash('now there is room')).toBeString();
});

test('serves known callers before waiting strangers, however many there are', async () => {
  const argon2 = new CountingArgon2();
  const hashing = new PasswordHashing(argon2, { concurrencyMax: 1, waitingMax: 2 });
  await hashing.verify('anything', undefined);
  const gate = Promise.withResolvers<void>();
  argon2.until = gate.promise;
  const order: string[] = [];
  const asked = (name: string, asker: 'known' | 'stranger') => hashing.hash(name, asker).then(() => order.push(name));
  const strangers = ['first', 'second', 'third'].map((name) => asked(name, 'stranger'));
  expect(await asked('fourth', 'stranger').catch((error: Refusal) => error.code)).toBe('overloaded');
  const known = asked('known', 'known');
  gate.resolve();
  await Promise.all([...strangers, known]);
  expect(order).toEqual(['first', 'known', 'second', 'third']);
});

test('continues after a failed hash', async () => {
  const argon2 = new CountingArgon2();
  const hashing = new PasswordHashing(argon2, { concurrencyMax: 1, waitingMax: 2 });
  await hashing.verify('anything', undefined);
  argon2.until = Promise.reject(new Error('no memory'));
  expect(hashing.hash('one')).rejects.toThrow('no memory');
  expect(hashing.hash('two')).rejects.toThrow('no memory');
  await hashing.hash('three').catch(() => undefined);
  argon2.until = Promise.resolve();
  expect(await hashing.hash('four')).toBeString();
});
