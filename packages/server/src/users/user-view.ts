import type { User } from '@parley/protocol';
import type { UserRecord } from './users-port.ts';

export function userView(user: UserRecord, online: boolean): User {
  const { id, username, displayName } = user;
  return { id, username, displayName, version: nameVersion(username, displayName), online };
}

const nameVersionBits = 40;

/** A hash of the names alone: it is the same on every server and stays valid after a restore. */
function nameVersion(username: string, displayName: string): string {
  const hash = Bun.hash.xxHash64(`${username}\n${displayName}`);
  return BigInt.asUintN(nameVersionBits, hash).toString(36);
}
