import type { Load } from './load.ts';

interface PeerPart {
  name: string;
  nodes: number;
  cores: number;
  memoryGiB: number;
}

/** The largest sizing that a comparable system publishes. */
export const peer = {
  name: 'Mattermost',
  online: 200_000,
  source: 'https://docs.mattermost.com/administration-guide/scale/scale-to-200000-users.html',
  revision: 'mattermost/docs at 0e5393101b991d640e07d0e6387b025a0cd71a17, tested with Mattermost 9.5',
  parts: [
    { name: 'application, c7i.4xlarge', nodes: 14, cores: 16, memoryGiB: 32 },
    { name: 'PostgreSQL writer, db.r7g.4xlarge', nodes: 1, cores: 16, memoryGiB: 128 },
    { name: 'PostgreSQL readers, db.r7g.4xlarge', nodes: 6, cores: 16, memoryGiB: 128 },
    { name: 'Elasticsearch, r6g.2xlarge.search', nodes: 4, cores: 8, memoryGiB: 64 },
    { name: 'proxy, m6in.8xlarge', nodes: 4, cores: 32, memoryGiB: 128 },
    { name: 'Redis, cache.m7g.2xlarge', nodes: 1, cores: 8, memoryGiB: 32 },
  ] satisfies PeerPart[],
};

export function peerTotal(of: 'cores' | 'memoryGiB'): number {
  return peer.parts.reduce((sum, { nodes, ...part }) => sum + nodes * part[of], 0);
}

/** The same load for each person, with as many of them as the peer is sized for. */
export function atPeerSize(load: Load): Load {
  const share = peer.online / load.online;
  return {
    ...load,
    online: peer.online,
    dailyUsers: Math.round(load.dailyUsers * share),
    messages: load.messages * share,
    members: Math.max(2, Math.min(load.members, Math.round(load.dailyUsers * share))),
  };
}
