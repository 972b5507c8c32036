import { operations } from '@parley/protocol';
import { Refusal } from '../platform/failures.ts';
import type { Accounts } from '../users/accounts.ts';
import type { Admission } from './admission.ts';
import type { Authorise } from './binding.ts';

/** Authorises requests over the network by their session token. */
export function authoriseBySession(accounts: Pick<Accounts, 'authenticate'>, admission: Admission): Authorise {
  return async (operationId, request, { address }) => {
    await admission.request(address);
    const { access } = operations[operationId];
    if (access === 'public') return null;
    const token = bearerToken(request.headers.get('authorization'));
    const caller = token === null ? undefined : await accounts.authenticate(token);
    if (!caller) throw new Refusal('unauthenticated', 'Send a valid session token as "Authorization: Bearer …".');
    await admission.operation(operationId, caller.user.id);
    if (access === 'administrator' && !caller.user.administrator) {
      throw new Refusal('forbidden', 'Only administrators of the server may do this.');
    }
    return caller;
  };
}

/**
 * Authorises requests over the control socket: the permissions of its file admit administrators only. The caller has no
 * account.
 */
export const authoriseAtTheMachine: Authorise = async (operationId) => {
  if (operations[operationId].access === 'session') {
    throw new Refusal('unauthenticated', 'The control socket serves operations of administrators only.');
  }
  return null;
};

function bearerToken(header: string | null): string | null {
  return /^Bearer +([\w-]{1,128})$/i.exec(header ?? '')?.[1] ?? null;
}
