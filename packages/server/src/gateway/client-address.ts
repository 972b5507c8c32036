/**
 * The address that a request comes from: the peer's, or, when the peer is a trusted proxy, the last one in
 * X-Forwarded-For that isn't; what stands before that could have been written by anybody.
 */
export function clientAddress(peer: string, forwardedFor: string | null, trustedProxies: ReadonlySet<string>): string {
  const hops = (forwardedFor ?? '').split(',').map((hop) => hop.trim());
  let address = plain(peer);
  while (trustedProxies.has(address)) {
    const hop = hops.pop();
    if (!hop) break;
    address = plain(hop);
  }
  return address;
}

/** IPv4 in its own form, also where the socket is an IPv6 one. */
function plain(address: string): string {
  return address.replace(/^::ffff:/i, '');
}
