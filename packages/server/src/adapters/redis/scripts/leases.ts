import { heldLeases } from './held-leases.ts';

/**
 * (server id, now, end of the lease). Returns 1, or 0 when the id had a lease that ended: what was registered under it
 * is still to be dropped and must not count again. Taking a held lease once more is no different from renewing it, so
 * that a call whose answer was lost can be repeated.
 */
export const openServer = `${heldLeases}
local server, now, ends = ARGV[1], ARGV[2], ARGV[3]
if redis.call('ZSCORE', leases, server) and not holds(server, now) then return 0 end
redis.call('ZADD', leases, ends, server)
return 1
`;

/** (server id, now, end of the lease). Returns whether the lease held. */
export const renewLease = `${heldLeases}
local server, now, ends = ARGV[1], ARGV[2], ARGV[3]
if not holds(server, now) then return 0 end
redis.call('ZADD', leases, ends, server)
return 1
`;
