/**
 * The beginning of every script: the names of keys, the time, and whether a server's lease holds.
 *
 * - `leases`: sorted set of server ids by when their leases end, in milliseconds. A lease that ends at 0 was given up or
 *   is being dropped: it holds no more, whatever time it is.
 * - `levels`: hash of server id to the feature level that it supports, where that isn't the first.
 * - `users`, `watchers`: hashes of user id to the servers where the user is, or that watch them (see `serverLists`).
 * - `interest:<conversation>`: hash of server id to the number of members online there.
 * - `server:<id>:users`, `:watched`, `:interests`: sets of what is registered under a server, for taking it back.
 *
 * The first value of every script is what time it is, for tests that tell it; nothing for Redis' own time, in which
 * alone the leases of many servers can be compared.
 */
export const heldLeases = `
local prefix = KEYS[1]
local leases, levels = prefix .. 'leases', prefix .. 'levels'
local users, watchers = prefix .. 'users', prefix .. 'watchers'

local function under(serverId, what)
  return prefix .. 'server:' .. serverId .. ':' .. what
end

local function interest(conversationId)
  return prefix .. 'interest:' .. conversationId
end

local function redisTime()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local now = tonumber(ARGV[1]) or redisTime()

local leaseEnds = {}
local function holds(serverId)
  if not leaseEnds[serverId] then
    leaseEnds[serverId] = tonumber(redis.call('ZSCORE', leases, serverId) or 0)
  end
  return leaseEnds[serverId] > now
end
`;
