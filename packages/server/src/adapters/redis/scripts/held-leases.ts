/** The result of a script that registers something, for a server without a valid lease. */
export const noLease = -1;

/** The key of a server's mark, after the prefix. */
export const markKey = 'shards';

/**
 * The start of every script: key names, the time, and whether the lease of a server is valid.
 *
 * - `leases`: sorted set of server ids by when their leases expire, in milliseconds. A lease that expires at 0 was
 *   given up or is being dropped: it is invalid whatever time it is.
 * - `levels`: hash of server id to the feature level that it supports, where that isn't the first.
 * - `users`, `watchers`: hashes of user id to the servers that the user is connected to, or that watch the user (see
 *   `serverLists`).
 * - `interest:<conversation>`: hash of server id to the number of members online there.
 * - `server:<id>:users`, `:watched`, `:interests`: sets of the registrations of a server, for removing them.
 *
 * The first argument of every script is the time, for tests; it is empty for Redis' own time, which is the only one by
 * which the leases of many servers can be compared.
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
