import { firstLevel } from '../../../platform/features.ts';
import { heldLeases } from './held-leases.ts';

/**
 * (server id, length of the lease, feature level). Returns 1, or 0 when the id had a lease that ended: what was
 * registered under it is still to be dropped and must not count again. Taking a held lease once more is no different
 * from renewing it, so that a call whose answer was lost can be repeated.
 */
export const openServer = `${heldLeases}
local server, leaseMs, level = ARGV[2], ARGV[3], ARGV[4]
if redis.call('ZSCORE', leases, server) and not holds(server) then return 0 end
redis.call('ZADD', leases, now + leaseMs, server)
if tonumber(level) > ${firstLevel} then redis.call('HSET', levels, server, level) end
return 1
`;

/** (server id, length of the lease). Returns whether the lease held. */
export const renewLease = `${heldLeases}
local server, leaseMs = ARGV[2], ARGV[3]
if not holds(server) then return 0 end
redis.call('ZADD', leases, now + leaseMs, server)
return 1
`;

/** Returns the servers whose lease holds. */
export const liveServers = `${heldLeases}
return redis.call('ZRANGE', leases, string.format('(%.17g', now), '+inf', 'BYSCORE')
`;

/** Returns the servers whose lease holds, each with the feature level that it said, or the first. */
export const serverLevels = `${heldLeases}
local found = {}
for _, server in ipairs(redis.call('ZRANGE', leases, string.format('(%.17g', now), '+inf', 'BYSCORE')) do
  found[#found + 1] = {server, tonumber(redis.call('HGET', levels, server) or ${firstLevel})}
end
return found
`;

/** Returns the servers whose lease ended and that are still to be dropped. */
export const endedServers = `${heldLeases}
return redis.call('ZRANGE', leases, '-inf', now, 'BYSCORE')
`;
