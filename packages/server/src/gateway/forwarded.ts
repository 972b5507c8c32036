import { isIP, isIPv6 } from 'node:net';

/** A hop as a proxy names it: its address, or null when the proxy does not know or reveal it. */
export type Hop = string | null;

/** An IPv4 address or an IPv6 one in brackets, each with or without a port; a port may be obfuscated. */
const withPort = /^(?:\[(?<v6>[^\]]*)\]|(?<v4>[\d.]+))(?::(?:\d{1,5}|_[\w.-]+))?$/;

/** One pair of a Forwarded element, at its beginning. */
const forwardedPair = /\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*))\s*/y;

/** The last 32 bits of an address that carries an IPv4 one: mapped (RFC 4291) or translated (RFC 6052). */
const embeddedIpv4 = /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/**
 * The hops of X-Forwarded-For, the nearest last. Empty elements are ignored, as in HTTP lists, except the last one: the
 * nearest proxy wrote it, and did not know the address.
 */
export function hopsOfForwardedFor(header: string): Hop[] {
  const elements = header.split(',').map((element) => element.trim());
  return elements
    .filter((element, index) => element !== '' || index === elements.length - 1)
    .map((element) => addressOf(element.replace(/^"(.*)"$/, '$1')));
}

/** The hops of Forwarded (RFC 7239), the nearest last; none when it can't be parsed. */
export function hopsOfForwarded(header: string): Hop[] {
  const hops: Hop[] = [];
  let named: string[] = [];
  let at = 0;
  let isEmpty = true;
  const end = () => {
    if (!isEmpty) hops.push(named.length === 1 ? addressOf(named[0] ?? '') : null);
    named = [];
    isEmpty = true;
  };
  while (at < header.length) {
    const separator = header.charAt(at);
    if (separator === ',') end();
    if (/[,;\s]/.test(separator)) {
      at++;
      continue;
    }
    forwardedPair.lastIndex = at;
    const pair = forwardedPair.exec(header);
    if (!pair) return [];
    isEmpty = false;
    at = forwardedPair.lastIndex;
    if (at < header.length && !/[,;]/.test(header.charAt(at))) return [];
    if (pair[1]?.toLowerCase() === 'for') named.push(pair[2]?.replaceAll(/\\(.)/g, '$1') ?? pair[3] ?? '');
  }
  end();
  return hops;
}

/** The address of a hop, without port, brackets and zone; null for "unknown", obfuscated identifiers and the rest. */
function addressOf(hop: string): Hop {
  const groups = withPort.exec(hop)?.groups;
  const address = groups?.['v6'] ?? groups?.['v4'] ?? hop;
  const isBracketed = groups?.['v6'] !== undefined;
  return isIP(address) === 0 || (isBracketed && !isIPv6(address)) ? null : plainAddress(address);
}

/** The canonical form of an address for comparisons: without a zone, and IPv4 addresses in IPv4 form. */
export function plainAddress(address: string): string {
  const unzoned = address.replace(/%.*$/, '');
  if (!isIPv6(unzoned)) return unzoned;
  const canonical = URL.parse(`http://[${unzoned}]`)?.hostname.slice(1, -1) ?? unzoned;
  const [, high, low] = embeddedIpv4.exec(canonical) ?? [];
  if (high === undefined || low === undefined) return canonical;
  return [high, low].flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]).join('.');
}
