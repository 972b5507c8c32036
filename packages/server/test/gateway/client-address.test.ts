import { describe, expect, test } from 'bun:test';
import { clientAddress, trustedProxies } from '../../src/gateway/client-address.ts';

const none = trustedProxies([]);
const proxies = trustedProxies(['10.0.0.1', '192.168.0.0/16', 'fd00::/8']);

test.each([
  ['what a stranger says of himself', '203.0.113.9', '198.51.100.7', '203.0.113.9'],
  ['what stands before the last untrusted hop', '10.0.0.1', '1.1.1.1, 198.51.100.7', '198.51.100.7'],
  ['hops that are trusted themselves', '10.0.0.1', '198.51.100.7, 192.168.3.4', '198.51.100.7'],
  ['nothing at all', '10.0.0.1', null, '10.0.0.1'],
  ['what is no address', '10.0.0.1', 'unknown', '10.0.0.1'],
  ['an empty hop', '10.0.0.1', '198.51.100.7,', '10.0.0.1'],
])('X-Forwarded-For: %s', (_, peer, forwardedFor, address) => {
  expect(clientAddress(peer, forwardedFor, proxies)).toBe(address);
});

test('nobody is trusted who was not named', () => {
  expect(clientAddress('10.0.0.1', '198.51.100.7', none)).toBe('10.0.0.1');
});

test.each([
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s counts as %s', (peer, address) => {
  expect(clientAddress(peer, null, none)).toBe(address);
});

test('a proxy reached over a mapped address is the same proxy', () => {
  expect(clientAddress('::ffff:10.0.0.1', '198.51.100.7', proxies)).toBe('198.51.100.7');
  expect(clientAddress('fd00::5', '2001:db8::1', proxies)).toBe('2001:db8:0:0::/64');
});

describe('what is neither an address nor a network', () => {
  test.each(['proxy.example', '10.0.0.0/33', '10.0.0.0/x', '/8', ''])('%j is refused at the start', (entry) => {
    expect(() => trustedProxies([entry])).toThrow(/neither/);
  });
});
