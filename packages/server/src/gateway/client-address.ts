import { BlockList, isIP, isIPv6 } from 'node:net';

/** The proxies whose word about where a request comes from is believed. */
export type TrustedProxies = (address: string) => boolean;

/** From addresses and networks ("10.0.0.0/8"). Throws for what is neither. */
export function trustedProxies(list: readonly string[]): TrustedProxies {
  const trusted = new BlockList();
  for (const entry of list) {
    const [address = '', prefix] = entry.split('/');
    const bits = isIPv6(address) ? 128 : 32;
    const prefixLength = prefix === undefined ? bits : Number(prefix);
    if (isIP(address) === 0 || !Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > bits) {
      throw new Error(`${entry} is neither an address nor a network`);
    }
    trusted.addSubnet(address, prefixLength, familyOf(address));
  }
  return (address) => isIP(address) !== 0 && trusted.check(address, familyOf(address));
}

/**
 * Where a request comes from, as limits count it: the peer, or, when the peer is a trusted proxy, the last hop in
 * X-Forwarded-For that isn't; what stands before that could have been written by anybody. A whole /64 of IPv6 counts
 * as one, since whoever has an address of it has all of them.
 */
export function clientAddress(peer: string, forwardedFor: string | null, isTrusted: TrustedProxies): string {
  const hops = (forwardedFor ?? '').split(',').map((hop) => plain(hop.trim()));
  let address = plain(peer);
  while (isTrusted(address)) {
    const hop = hops.pop();
    if (hop === undefined || isIP(hop) === 0) break;
    address = hop;
  }
  return isIPv6(address) ? networkOf(address) : address;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}

/** IPv4 in its own form, also where the socket is an IPv6 one. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** The /64 of an IPv6 address. */
function networkOf(address: string): string {
  const [before = '', after] = address.replace(/%.*$/, '').split('::');
  const groups = before === '' ? [] : before.split(':');
  const missing = after === undefined ? 0 : 8 - groups.length - (after === '' ? 0 : after.split(':').length);
  const all = [...groups, ...Array<string>(Math.max(0, missing)).fill('0'), ...(after ?? '').split(':')];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group || '0', 16).toString(16))
    .join(':')}::/64`;
}
