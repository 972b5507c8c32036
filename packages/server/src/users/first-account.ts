import type { Clock } from '../platform/clock.ts';
import { type Ids, tokenHash } from '../platform/ids.ts';
import type { UserStore } from './users-port.ts';

const validMs = 7 * 24 * 3_600_000;

/**
 * Creates an invitation for the first account, which becomes the administrator, and returns its token; null when there
 * are accounts. The token is shown only to the operator who starts the server.
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
