import { BlockList, isIP, isIPv6 } from 'node:net';
import { type Hop, hopsOfForwarded, hopsOfForwardedFor, plainAddress } from './forwarded.ts';

/** The proxies whose word about where a request comes from is believed. */
export type TrustedProxies = (address: string) => boolean;

/** From addresses and networks ("10.0.0.0/8"). Throws for what is neither. */
export function trustedProxies(list: readonly string[]): TrustedProxies {
  const trusted = new BlockList();
  for (const entry of list) {
    const [given = '', prefix] = entry.split('/');
    const address = plainAddress(given);
    // A network of IPv4 addresses may be given as one of IPv6 addresses that carry them.
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

/** What a request says about where it comes from, which a stranger may have written as well as a proxy. */
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
 * Where a request comes from, as limits count it: the peer, or, when the peer is a trusted proxy, the last hop in
 * X-Forwarded-For or Forwarded that isn't; what stands before that could have been written by anybody. When both
 * headers are there and don't agree, the proxy wrote one and passed the other on, and it can't be told which: then it
 * is the proxy that counts, and nobody can choose an address. A whole /64 of IPv6 counts as one, since whoever has an
 * address of it has all of them.
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

/** The last hop that isn't trusted, or the furthest trusted one when nothing is known of those before it. */
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
