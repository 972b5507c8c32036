/**
 * Removes a user from a server; returns whether the user is offline now. Then nothing of the user is left, so that
 * servers whose lease expired, but that are still to be dropped, do not report the user a second time.
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
