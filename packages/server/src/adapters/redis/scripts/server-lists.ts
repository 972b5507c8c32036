/**
 * The servers that a user is connected to, or that watch the user, are one string, joined by commas: most users are on
 * one server, and one HMGET reads those of a thousand users. Redis 7 uses 138 bytes for an entry of the hash, and 299
 * for a set with one member.
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

/** The separator of server ids, which no id may contain. */
export const listSeparator = ',';
