import { heldLeases } from './held-leases.ts';
import { serverLists } from './server-lists.ts';
import { takeOff } from './take-off.ts';

/**
 * (maximum number of entries of each kind, server id or empty for any whose lease expired). Removes some of the
 * registrations of the server: removing a server with all its users at once would block Redis for too long. The lease
 * is invalid from the first call on. All callers who repeat this until nothing is left share the work; each user who
 * goes offline is in one result.
 *
 * Returns whether to call again, and the users who went offline.
 */
export const dropServer = `${heldLeases}${serverLists}${takeOff}
local atMost, server = tonumber(ARGV[2]), ARGV[3]
local anyEnded = server == nil
if anyEnded then server = redis.call('ZRANGE', leases, '-inf', now, 'BYSCORE', 'LIMIT', 0, 1)[1] end
if not server or not redis.call('ZSCORE', leases, server) then return {0, {}} end
redis.call('ZADD', leases, 0, server)
leaseEnds[server] = 0

local function some(what)
  return redis.call('SPOP', under(server, what), atMost)
end

local offline, dropped = {}, some('users')
for _, user in ipairs(dropped) do
  if takeOff(user, server) then offline[#offline + 1] = user end
end
local unwatched = some('watched')
for _, user in ipairs(unwatched) do
  local left = without(redis.call('HGET', watchers, user), server)
  if left == '' then redis.call('HDEL', watchers, user) else redis.call('HSET', watchers, user, left) end
end
local uninteresting = some('interests')
for _, conversation in ipairs(uninteresting) do redis.call('HDEL', interest(conversation), server) end

local most = math.max(#dropped, #unwatched, #uninteresting)
if most < atMost then
  redis.call('ZREM', leases, server)
  redis.call('HDEL', levels, server)
end
return {(anyEnded or most == atMost) and 1 or 0, offline}
`;
