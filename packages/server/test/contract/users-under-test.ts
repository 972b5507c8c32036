import { systemIds } from '../../src/platform/ids.ts';
import type { NewUser, UserRecord, UserStore } from '../../src/users/users-port.ts';

export function newUser(username: string, more: Partial<NewUser> = {}): NewUser {
  return {
    user: { id: systemIds.uuid(), username, displayName: `${username}!`, passwordHash: 'hash', createdAtMs: 1_000 },
    administrator: false,
    invitation: null,
    ...more,
  };
}

export async function createUser(users: UserStore, username: string, displayName = username): Promise<UserRecord> {
  const { user, ...rest } = newUser(username);
  const created = await users.create({ ...rest, user: { ...user, displayName } });
  if (typeof created === 'string') throw new Error(`${username}: ${created}`);
  return created;
}
