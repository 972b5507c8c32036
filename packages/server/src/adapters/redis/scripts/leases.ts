import { firstLevel } from '../../../platform/features.ts';
import { heldLeases, markKey } from './held-leases.ts';

/**
 * (server id, length of the lease, feature level). Returns 1, or 0 when the id had a lease that expired: its
 * registrations are still to be dropped and must not become valid again. Acquiring a held lease renews it, so that a
 * call whose response was lost can be repeated.
 */
export const openServer = `${heldLeases}
local server, leaseMs, level = ARGV[2], ARGV[3], ARGV[4]
if redis.call('ZSCORE', leases, server) and not holds(server) then return 0 end
redis.call('ZADD', leases, now + leaseMs, server)
if tonumber(level) > ${firstLevel} then redis.call('HSET', levels, server, level) end
return 1
`;

/** (server id, length of the lease). Returns whether the lease was valid. */
export const renewLease = `${heldLeases}
local server, leaseMs = ARGV[2], ARGV[3]
if not holds(server) then return 0 end
redis.call('ZADD', leases, now + leaseMs, server)
return 1
`;

/** Returns the servers with a valid lease. */
export const liveServers = `${heldLeases}
return redis.call('ZRANGE', leases, string.format('(%.17g', now), '+inf', 'BYSCORE')
`;

/** Returns the servers with a valid lease, each with its feature level, or the first. */
export const serverLevels = `${heldLeases}
local found = {}
for _, server in ipairs(redis.call('ZRANGE', leases, string.format('(%.17g', now), '+inf', 'BYSCORE')) do
  found[#found + 1] = {server, tonumber(redis.call('HGET', levels, server) or ${firstLevel})}
end
return found
`;

/** Returns the mark of this Redis, and the servers whose lease has expired and that were not dropped yet. */
export const endedServers = `${heldLeases}
return {redis.call('GET', prefix .. '${markKey}') or '', redis.call('ZRANGE', leases, '-inf', now, 'BYSCORE')}
`;
