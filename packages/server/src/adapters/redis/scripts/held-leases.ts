/**
 * The beginning of every script: the names of keys, and whether a server's lease holds.
 *
 * - `leases`: sorted set of server ids by when their leases end, in milliseconds. A lease that ends at 0 was given up or
 *   is being dropped: whatever anybody's clock says, it holds no more.
 * - `users`, `watchers`: hashes of user id to the servers where the user is, or that watch them (see `serverLists`).
 * - `interest:<conversation>`: hash of server id to the number of members online there.
 * - `server:<id>:users`, `:watched`, `:interests`: sets of what is registered under a server, for taking it back.
 *
 * Times come from the servers' clocks, as leases have to follow a told clock in tests: clocks that differ by some
 * seconds end leases that much early or late.
 */
export const heldLeases = `
local prefix = KEYS[1]
local leases, users, watchers = prefix .. 'leases', prefix .. 'users', prefix .. 'watchers'

local function under(serverId, what)
  return prefix .. 'server:' .. serverId .. ':' .. what
end

local function interest(conversationId)
  return prefix .. 'interest:' .. conversationId
end

local leaseEnds = {}
local function holds(serverId, now)
  if not leaseEnds[serverId] then
    leaseEnds[serverId] = tonumber(redis.call('ZSCORE', leases, serverId) or 0)
  end
  return leaseEnds[serverId] > tonumber(now)
end
`;
