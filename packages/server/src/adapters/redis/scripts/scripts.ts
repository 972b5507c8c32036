import { connect, disconnect, onlineCount } from './connections.ts';
import { dropServer } from './drop-server.ts';
import { addInterest, dropInterest, setOnlineMembers } from './interests.ts';
import { endedServers, liveServers, openServer, renewLease, serverLevels } from './leases.ts';
import { unwatch, watch } from './watching.ts';

const sources = {
  openServer,
  renewLease,
  liveServers,
  serverLevels,
  endedServers,
  dropServer,
  connectUser: connect,
  disconnectUser: disconnect,
  onlineCount,
  watchUsers: watch,
  unwatchUsers: unwatch,
  addInterest,
  dropInterest,
  setOnlineMembers,
};

/** No name may be one of the client's own methods. */
export type ScriptName = keyof typeof sources;

/** All scripts, in the form that the client needs: each has one key, the prefix, from which it builds all key names. */
export const scripts = Object.fromEntries(
  Object.entries(sources).map(([name, lua]) => [name, { lua, numberOfKeys: 1 }]),
);
