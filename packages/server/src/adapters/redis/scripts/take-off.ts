/**
 * Takes a user off a server; whether they are offline now. Then nothing is left of them: servers whose lease ended but
 * that are still to be dropped must not tell of them a second time.
 */
export const takeOff = `
local function takeOff(userId, serverId)
  local left = without(redis.call('HGET', users, userId), serverId)
  if anyHolds(left) then
    redis.call('HSET', users, userId, left)
    return false
  end
  for endedId in string.gmatch(left, '[^,]+') do
    redis.call('SREM', under(endedId, 'users'), userId)
  end
  redis.call('HDEL', users, userId)
  return true
end
`;
