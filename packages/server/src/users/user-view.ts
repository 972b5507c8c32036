import type { User } from '@parley/protocol';
import type { UserRecord } from './users-port.ts';

export function userView(user: UserRecord, online: boolean): User {
  const { id, username, displayName } = user;
  return { id, username, displayName, version: nameVersion(username, displayName), online };
}

const nameVersionBits = 40;

/** Made of the names alone: the same on every server, and right again in a store that was put back. */
function nameVersion(username: string, displayName: string): string {
  const hash = Bun.hash.xxHash64(`${username}\n${displayName}`);
  return BigInt.asUintN(nameVersionBits, hash).toString(36);
}
