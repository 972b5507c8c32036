import { heldLeases, noLease } from './held-leases.ts';

/** (server id, conversation id). An existing count stays. Returns nothing, or `noLease`. */
export const addInterest = `${heldLeases}
local server, conversation = ARGV[2], ARGV[3]
if not holds(server) then return ${noLease} end
redis.call('SADD', under(server, 'interests'), conversation)
redis.call('HSETNX', interest(conversation), server, 0)
`;

/** (server id, conversation id). */
export const dropInterest = `${heldLeases}
local server, conversation = ARGV[2], ARGV[3]
redis.call('SREM', under(server, 'interests'), conversation)
redis.call('HDEL', interest(conversation), server)
`;

/** (server id, conversation id, members online there). Changes nothing without the server's interest. */
export const setOnlineMembers = `${heldLeases}
local server, conversation, count = ARGV[2], ARGV[3], ARGV[4]
if not holds(server) or redis.call('HEXISTS', interest(conversation), server) == 0 then return end
redis.call('HSET', interest(conversation), server, count)
`;
