import { describe, expect, test } from 'bun:test';
import { clientAddress, trustedProxies } from '../../src/gateway/client-address.ts';

const addressOf = (...given: Parameters<typeof clientAddress>) => clientAddress(...given).address;
const none = trustedProxies([]);
const proxies = trustedProxies(['10.0.0.1', '192.168.0.0/16', 'fd00::/8']);
const nothingSaid = { forwardedFor: null, forwarded: null };
const viaForwardedFor = (forwardedFor: string) => addressOf('10.0.0.1', { ...nothingSaid, forwardedFor }, proxies);
const viaForwarded = (forwarded: string) => addressOf('10.0.0.1', { ...nothingSaid, forwarded }, proxies);

const long = '2001:db8:0:0:0:0:0:1';

/** Each has 198.51.100.7 or 2001:db8::1, in a form that a proxy writes. */
const forms: [form: string, counted: string][] = [
  ['198.51.100.7', '198.51.100.7'],
  ['198.51.100.7:4711', '198.51.100.7'],
  ['198.51.100.7:_hidden', '198.51.100.7'],
  ['::ffff:198.51.100.7', '198.51.100.7'],
  ['::FFFF:c633:6407', '198.51.100.7'],
  ['0:0:0:0:0:ffff:198.51.100.7', '198.51.100.7'],
  ['[::ffff:198.51.100.7]:4711', '198.51.100.7'],
  ['64:ff9b::198.51.100.7', '198.51.100.7'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:DB8:0::1', '2001:db8:0:0::/64'],
  [long, '2001:db8:0:0::/64'],
  ['[2001:db8::1]', '2001:db8:0:0::/64'],
  ['[2001:db8::1]:443', '2001:db8:0:0::/64'],
  [`[${long}]:_x.y-z`, '2001:db8:0:0::/64'],
  ['2001:db8::1%eth0', '2001:db8:0:0::/64'],
  ['[2001:db8::1%25eth0]:443', '2001:db8:0:0::/64'],
];

/** None of these is an address. */
const unknown = [
  ...['', 'unknown', 'UNKNOWN', '_hidden', '_SEVKISEK', 'unix:', 'localhost', 'proxy.example:80', '-'],
  ...['198.51.100', '198.51.100.256', '198.51.100.7:', '198.51.100.7:http', '198.51.100.7:123456', '198.51.100.7/32'],
  ...['[198.51.100.7]', '[198.51.100.7]:80', '[2001:db8::1', '2001:db8::1]', '[]', '[]:80', '[2001:db8::1]443', '::g'],
];

describe('a trusted proxy names the client', () => {
  test.each(forms)('as %s', (form, counted) => {
    const said = [
      form,
      `"${form}"`,
      ` ${form}\t`,
      `1.1.1.1, ${form}`,
      `1.1.1.1,${form}, 192.168.3.4:80`,
      `,, ,${form}`,
    ];
    expect(said.map((header) => [header, viaForwardedFor(header)])).toEqual(said.map((header) => [header, counted]));
    const elements = [`for=${form}`, `for="${form}"`, `For="${form}"`, `proto=https;FOR="${form}";by=10.0.0.1`];
    const headers = elements.flatMap((each) => [
      each,
      `for=1.1.1.1, ${each}`,
      `${each} , for="192.168.3.4:80"`,
      `,${each},`,
    ]);
    expect(headers.map((header) => [header, viaForwarded(header)])).toEqual(headers.map((header) => [header, counted]));
  });

  test.each(unknown)('as %j, which is not an address, so the proxy’s is used', (form) => {
    for (const header of [form, `1.1.1.1, ${form}`]) expect(viaForwardedFor(header)).toBe('10.0.0.1');
    for (const header of [`for="${form}"`, `for=1.1.1.1, for="${form}"`]) expect(viaForwarded(header)).toBe('10.0.0.1');
  });

  test('through other trusted proxies, up to the first unknown hop', () => {
    expect(viaForwardedFor('1.1.1.1, 198.51.100.7, 192.168.3.4, [fd00::7]:80')).toBe('198.51.100.7');
    expect(viaForwardedFor('1.1.1.1, unknown, 192.168.3.4')).toBe('192.168.3.4');
    expect(viaForwarded('for=1.1.1.1, for=_hidden, for=192.168.3.4')).toBe('192.168.3.4');
    expect(viaForwardedFor('192.168.3.5, 192.168.3.4')).toBe('192.168.3.5');
  });
});

test('an empty last element means an unknown hop; earlier empty elements are ignored', () => {
  expect(viaForwardedFor('198.51.100.7,')).toBe('10.0.0.1');
  expect(viaForwardedFor('198.51.100.7, ,192.168.3.4')).toBe('198.51.100.7');
});

describe('a Forwarded header that an untrusted client began', () => {
  test.each([
    'for="1.1.1.1, for=198.51.100.7',
    'for="1.1.1.1, for="198.51.100.7:80"',
    'for=1.1.1.1 for=198.51.100.7',
    'for=1.1.1.1;for=198.51.100.7',
    'by=198.51.100.7;host="for=1.1.1.1"',
    'host="a, for=1.1.1.1"',
    'host="a\\", for=1.1.1.1, b"',
    '=1.1.1.1',
    'for',
    '"for"=1.1.1.1',
    ';;,;',
    '',
  ])('%j has no address, so the proxy’s is used', (header) => {
    expect(viaForwarded(header)).toBe('10.0.0.1');
  });

  test('is parsed in linear time', () => {
    for (const part of ['"', 'for="', '\\', 'for=', ';', ',', ' ', 'a=', 'for=1.1.1.1;', 'for="\\', '[', ':']) {
      expect(viaForwarded(part.repeat(100_000))).toBe('10.0.0.1');
      expect(viaForwardedFor(`${part.repeat(100_000)},x`)).toBe('10.0.0.1');
    }
  });
});

test('both headers are used where they agree; otherwise the proxy’s address is, because the client may have written one', () => {
  const both = (forwardedFor: string, forwarded: string) => addressOf('10.0.0.1', { forwardedFor, forwarded }, proxies);
  expect(both('198.51.100.7', 'for="198.51.100.7:4711"')).toBe('198.51.100.7');
  expect(both('2001:db8::1', 'for="[2001:db8::2]"')).toBe('2001:db8:0:0::/64');
  expect(both('1.1.1.1', 'for=198.51.100.7')).toBe('10.0.0.1');
  expect(both('1.1.1.1', 'for=_hidden')).toBe('10.0.0.1');
  expect(both('unknown', 'for=198.51.100.7')).toBe('10.0.0.1');
});

test('the headers of an untrusted peer are ignored', () => {
  expect(addressOf('203.0.113.9', { forwardedFor: '198.51.100.7', forwarded: null }, proxies)).toBe('203.0.113.9');
  expect(addressOf('203.0.113.9', { forwardedFor: null, forwarded: 'for=198.51.100.7' }, proxies)).toBe('203.0.113.9');
  expect(addressOf('10.0.0.1', nothingSaid, proxies)).toBe('10.0.0.1');
});

test('a peer that is not configured is not trusted', () => {
  expect(addressOf('10.0.0.1', { ...nothingSaid, forwardedFor: '198.51.100.7' }, none)).toBe('10.0.0.1');
});

test.each([
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
  ['::ffff:cb00:7109', '203.0.113.9'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s counts as %s', (peer, address) => {
  expect(addressOf(peer, nothingSaid, none)).toBe(address);
});

test('whether the peer is a proxy is returned too, and looked up once', () => {
  const asked: string[] = [];
  const trust = (address: string) => {
    asked.push(address);
    return proxies(address);
  };
  const forwardedFor = '198.51.100.7, 192.168.3.4';
  expect(clientAddress('10.0.0.1', { forwardedFor, forwarded: null }, trust)).toEqual({
    address: '198.51.100.7',
    isProxy: true,
  });
  expect(asked).toEqual(['10.0.0.1', '192.168.3.4', '198.51.100.7']);
  expect(clientAddress('203.0.113.9', { forwardedFor, forwarded: null }, trust).isProxy).toBe(false);
});

test('a proxy reached over a mapped address is the same proxy', () => {
  expect(addressOf('::ffff:10.0.0.1', { ...nothingSaid, forwardedFor: '198.51.100.7' }, proxies)).toBe('198.51.100.7');
  expect(addressOf('fd00::5', { ...nothingSaid, forwardedFor: '2001:db8::1' }, proxies)).toBe('2001:db8:0:0::/64');
});

test('an IPv4 proxy may be named by the IPv6 form of its address', () => {
  const mapped = trustedProxies(['::ffff:10.0.0.1', '::ffff:192.168.0.0/112', 'fe80::1%eth0']);
  const trusts = ['10.0.0.1', '192.168.7.7', 'fe80::1', 'fe80::1%eth0', '10.0.0.2', '192.169.0.1'].map(mapped);
  expect(trusts).toEqual([true, true, true, true, false, false]);
});

describe('a value that is neither an address nor a network', () => {
  test.each(['proxy.example', '10.0.0.0/33', '10.0.0.0/x', '/8', ''])('%j is refused at the start', (entry) => {
    expect(() => trustedProxies([entry])).toThrow(/neither/);
  });
});
