import { Unavailable } from '../platform/failures.ts';

/** A server can register nothing in the registry without a valid lease. */
export function leaseMissing(serverId: string): Unavailable {
  return new Unavailable(`server ${serverId} has no valid lease`);
}

/** What was registered under an expired lease must not become valid again. */
export function leaseExpired(serverId: string): Unavailable {
  return new Unavailable(`the lease of server ${serverId} expired, and is still to be dropped`);
}
