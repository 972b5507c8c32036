import { Unavailable, Unwritable } from '../platform/failures.ts';

/** This server does not reach the part of the registry in which it would register something; other servers do. */
export class CutOff extends Unwritable {
  override name = 'CutOff';
}

/** The reason sent to clients that this server cannot serve while it is cut off. */
export const cutOffReason = 'this server does not reach the registry';

/** A server can register nothing in the registry without a valid lease. */
export function leaseMissing(serverId: string): Unavailable {
  return new Unavailable(`server ${serverId} has no valid lease`);
}

/** What was registered under an expired lease must not become valid again. */
export function leaseExpired(serverId: string): Unavailable {
  return new Unavailable(`the lease of server ${serverId} expired, and is still to be dropped`);
}
