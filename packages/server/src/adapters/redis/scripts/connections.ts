import { heldLeases, noLease } from './held-leases.ts';
import { serverLists } from './server-lists.ts';
import { takeOff } from './take-off.ts';

/** (server id, user id). Returns whether the user was offline before, or `noLease`. */
export const connect = `${heldLeases}${serverLists}
local server, user = ARGV[2], ARGV[3]
if not holds(server) then return ${noLease} end
local list = redis.call('HGET', users, user)
local wasOnline = anyHolds(list)
redis.call('SADD', under(server, 'users'), user)
redis.call('HSET', users, user, with(list, server))
return wasOnline and 0 or 1
`;

/** (server id, user id). Returns whether the user is offline now. */
export const disconnect = `${heldLeases}${serverLists}${takeOff}
local server, user = ARGV[2], ARGV[3]
if redis.call('SREM', under(server, 'users'), user) == 0 then return 0 end
return takeOff(user, server) and 1 or 0
`;

/**
 * Returns how many users are online: all that are registered, less those who are only on servers whose lease
 * ended. There are such servers for some seconds only, until they are dropped.
 */
export const onlineCount = `${heldLeases}${serverLists}
local count, seen = redis.call('HLEN', users), {}
for _, ended in ipairs(redis.call('ZRANGE', leases, '-inf', now, 'BYSCORE')) do
  for _, user in ipairs(redis.call('SMEMBERS', under(ended, 'users'))) do
    if not seen[user] and not anyHolds(redis.call('HGET', users, user)) then count = count - 1 end
    seen[user] = true
  end
end
return count
`;
