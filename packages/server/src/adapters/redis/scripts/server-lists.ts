/**
 * The servers where a user is, or that watch them, are one string, joined by commas: most users are on one server, and
 * those of a thousand users come by one HMGET. Redis 7 takes 138 bytes for an entry of the hash, and 299 for a set of one.
 */
export const serverLists = `
local function with(list, serverId)
  if not list or list == '' then return serverId end
  if string.find(',' .. list .. ',', ',' .. serverId .. ',', 1, true) then return list end
  return list .. ',' .. serverId
end

local function without(list, serverId)
  local padded = ',' .. (list or '') .. ','
  local from, to = string.find(padded, ',' .. serverId .. ',', 1, true)
  if not from then return list or '' end
  return string.sub(string.sub(padded, 1, from) .. string.sub(padded, to + 1), 2, -2)
end

local function anyHolds(list)
  for serverId in string.gmatch(list or '', '[^,]+') do
    if holds(serverId) then return true end
  end
  return false
end
`;

/** What joins server ids, so that none may contain it. */
export const listSeparator = ',';
