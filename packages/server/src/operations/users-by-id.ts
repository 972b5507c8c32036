import type { User, UserId } from '@parley/protocol';
import type { ConnectionRegistry } from '../connections/registry-port.ts';
import { userView } from '../users/user-view.ts';
import type { UserStore } from '../users/users-port.ts';

/** The views of these users, as far as they exist. Reads nothing when there are none. */
export async function usersById(
  users: Pick<UserStore, 'byIds'>,
  registry: Pick<ConnectionRegistry, 'online'>,
  userIds: readonly UserId[],
): Promise<Map<UserId, User>> {
  if (userIds.length === 0) return new Map();
  const [found, online] = await Promise.all([users.byIds(userIds), registry.online(userIds)]);
  return new Map(found.map((user) => [user.id, userView(user, online.has(user.id))]));
}
