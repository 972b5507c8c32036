import type { Clock } from '../platform/clock.ts';
import { type Ids, tokenHash } from '../platform/ids.ts';
import type { UserStore } from './users-port.ts';

const validMs = 7 * 24 * 3_600_000;

/**
 * The token of a new invitation for the account that will administer the server; null when there are accounts. Only
 * the operator who starts the server sees it.
 */
export async function invitationForFirst(
  users: Pick<UserStore, 'isEmpty' | 'createInvitation'>,
  clock: Pick<Clock, 'nowMs'>,
  ids: Pick<Ids, 'token'>,
): Promise<string | null> {
  if (!(await users.isEmpty())) return null;
  const token = ids.token();
  const expiresAtMs = clock.nowMs() + validMs;
  await users.createInvitation({ tokenHash: tokenHash(token), uses: 1, expiresAtMs, createdBy: null });
  return token;
}
