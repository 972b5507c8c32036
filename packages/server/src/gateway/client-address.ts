import { BlockList, isIP, isIPv6 } from 'node:net';
import { type Hop, hopsOfForwarded, hopsOfForwardedFor, plainAddress } from './forwarded.ts';

/** The proxies whose X-Forwarded-For and Forwarded headers are trusted. */
export type TrustedProxies = (address: string) => boolean;

/** Parses addresses and networks ("10.0.0.0/8"). Throws for anything else. */
export function trustedProxies(list: readonly string[]): TrustedProxies {
  const trusted = new BlockList();
  for (const entry of list) {
    const [given = '', prefix] = entry.split('/');
    const address = plainAddress(given);
    // A network of IPv4 addresses may be given as a network of IPv4-mapped IPv6 addresses.
    const isCarried = isIPv6(given) && !isIPv6(address);
    const bits = isIPv6(address) ? 128 : 32;
    const prefixLength = prefix === undefined ? bits : Number(prefix) - (isCarried ? 96 : 0);
    if (isIP(address) === 0 || !Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > bits) {
      throw new Error(`${entry} is neither an address nor a network`);
    }
    trusted.addSubnet(address, prefixLength, familyOf(address));
  }
  return (given) => {
    const address = plainAddress(given);
    return isIP(address) !== 0 && trusted.check(address, familyOf(address));
  };
}

/** The forwarding headers of a request, which a stranger may have written as well as a proxy. */
export interface ForwardedHeaders {
  forwardedFor: string | null;
  forwarded: string | null;
}

export interface ClientAddress {
  address: string;
  /** The peer is a trusted proxy. */
  isProxy: boolean;
}

/**
 * The address that rate limits count: the peer or, when the peer is a trusted proxy, the last hop in X-Forwarded-For or
 * Forwarded that is not trusted; earlier hops could have been written by anyone. When both headers are present and
 * differ, one was written by the proxy and the other passed through, and it is unknown which; the proxy's address
 * counts then, so that no client can choose an address. A whole /64 of IPv6 counts as one address, because its owner
 * has all addresses of it.
 */
export function clientAddress(peer: string, headers: ForwardedHeaders, isTrusted: TrustedProxies): ClientAddress {
  const nearest = plainAddress(peer);
  const { forwardedFor, forwarded } = headers;
  const isProxy = isTrusted(nearest);
  const claims = isProxy
    ? [
        ...(forwardedFor === null ? [] : [hopsOfForwardedFor(forwardedFor)]),
        ...(forwarded === null ? [] : [hopsOfForwarded(forwarded)]),
      ]
    : [];
  const [claimed = counted(nearest), ...others] = claims.map((hops) => counted(originOf(nearest, hops, isTrusted)));
  return { isProxy, address: others.every((other) => other === claimed) ? claimed : counted(nearest) };
}

/** The last hop that is not trusted, or the furthest trusted one when earlier hops are unknown. */
function originOf(proxy: string, hops: readonly Hop[], isTrusted: TrustedProxies): string {
  let address = proxy;
  for (const hop of hops.toReversed()) {
    if (hop === null) break;
    address = hop;
    if (!isTrusted(address)) break;
  }
  return address;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}

/** An IPv4 address as it is, the /64 of an IPv6 one. */
function counted(address: string): string {
  if (!isIPv6(address)) return address;
  const [before = '', after] = address.split('::');
  const groups = before === '' ? [] : before.split(':');
  const missing = after === undefined ? 0 : 8 - groups.length - (after === '' ? 0 : after.split(':').length);
  const all = [...groups, ...Array<string>(missing).fill('0'), ...(after ?? '').split(':')];
  return `${all.slice(0, 4).join(':')}::/64`;
}
