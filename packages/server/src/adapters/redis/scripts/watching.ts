import { heldLeases, noLease } from './held-leases.ts';
import { serverLists } from './server-lists.ts';

/** (server id, up to a thousand user ids). Returns nothing, or `noLease`. */
export const watch = `${heldLeases}${serverLists}
local server, watched = ARGV[2], {unpack(ARGV, 3)}
if not holds(server) then return ${noLease} end
redis.call('SADD', under(server, 'watched'), unpack(watched))
local changes = {}
for index, list in ipairs(redis.call('HMGET', watchers, unpack(watched))) do
  changes[#changes + 1] = watched[index]
  changes[#changes + 1] = with(list, server)
end
redis.call('HSET', watchers, unpack(changes))
`;

/** (server id, up to a thousand user ids). */
export const unwatch = `${heldLeases}${serverLists}
local server, unwatched = ARGV[2], {unpack(ARGV, 3)}
redis.call('SREM', under(server, 'watched'), unpack(unwatched))
for index, list in ipairs(redis.call('HMGET', watchers, unpack(unwatched))) do
  local left = without(list, server)
  if left == '' then
    redis.call('HDEL', watchers, unwatched[index])
  elseif left ~= list then
    redis.call('HSET', watchers, unwatched[index], left)
  end
end
`;
