import * as z from 'zod/mini';
import { list, listed, oneOf, setting, whole } from './setting.ts';

const roles = ['gateway', 'messaging', 'distribution', 'followers'] as const;

/** The number of roles. */
export const roleCount = roles.length;

/** The roles of a cluster's processes. A process may have several. */
export type Role = (typeof roles)[number];

/** A server of PostgreSQL or Redis, with its name in the commands for administrators. */
export interface NamedServer {
  name: string;
  url: string;
}

const postgresServer = /^[a-z][a-z0-9-]{0,30}=postgres(?:ql)?:\/\/\S+$/;
const redisServer = /^[a-z][a-z0-9-]{0,30}=rediss?:\/\/\S+$/;
/** A URL alone, which may contain commas, but no further server. */
const redisUrl = /^rediss?:\/\/(?!.*,[^,]*rediss?:\/\/)/;
/** The name of a Redis that is given by its URL alone. */
const onlyServer = 'redis';
const brokerAddress = /^(\[[0-9a-f:]+\]|[a-z0-9.-]+):\d{1,5}$/i;

const roleList = z.pipe(
  list.check(
    z.refine((given) => given.length > 0 && given.every((role) => (roles as readonly string[]).includes(role)), {
      error: `must name one or more of: ${roles.join(', ')}, separated by commas`,
    }),
  ),
  z.transform((given: string[]) => new Set(given as Role[])),
);

/** Servers as name=URL, of which each matches `form`. `text` splits the setting. */
function namedServers(text: typeof list, form: RegExp, example: string) {
  return z.pipe(
    text.check(
      z.refine((given) => given.every((server) => form.test(server) && URL.canParse(urlOf(server))), {
        error: `must be ${example}, separated by commas`,
      }),
      z.refine((given) => new Set(given.map((server) => server.split('=')[0])).size === given.length, {
        error: 'must give each server a different name',
      }),
      z.refine((given) => new Set(given.map((server) => placeOf(urlOf(server)))).size === given.length, {
        error: 'must give each server a different address',
      }),
    ),
    z.transform((given: string[]): NamedServer[] =>
      given.map((server) => ({ name: server.split('=')[0] ?? '', url: urlOf(server) })),
    ),
  );
}

const redisServers = z.pipe(
  z.string(),
  z.transform((text: string) => (redisUrl.test(text.trim()) ? [`${onlyServer}=${text.trim()}`] : listed(text))),
);

function urlOf(server: string): string {
  return server.slice(server.indexOf('=') + 1);
}

/** The host, the port and the database of a URL: the same for two URLs with different users or options. */
function placeOf(url: string): string {
  const parsed = URL.parse(url);
  if (!parsed) return url;
  const { hostname, port, pathname, protocol } = parsed;
  const isRedis = protocol.startsWith('redis');
  const database = isRedis ? pathname.slice(1) || '0' : pathname.slice(1);
  return `${hostname}:${port || (isRedis ? '6379' : '5432')}/${database}`;
}

/** The settings of the shape: which one, the roles of this process, and the addresses of the services. */
export const clusterSettings = {
  shape: setting(
    oneOf(['embedded', 'cluster']),
    'embedded',
    'embedded: everything in this process; cluster: over Kafka, PostgreSQL and Redis',
  ),
  roles: setting(roleList, roles.join(','), 'roles of this process in a cluster, separated by commas'),
  'cluster-name': setting(
    z.string().check(
      z.regex(/^[a-z][a-z0-9_]{0,30}$/, {
        error: 'must be a lower-case letter, then at most 30 lower-case letters, digits and _',
      }),
    ),
    'parley',
    "names the cluster's topics, schemas and keys, so that several can share services",
  ),
  postgres: setting(
    namedServers(list, postgresServer, 'servers like main=postgres://user:password@host:5432/database'),
    '',
    'PostgreSQL servers, as name=URL, separated by commas',
    { secret: true },
  ),
  'postgres-connections': setting(whole(2, 1_000), '10', 'connections of this process to each PostgreSQL server'),
  kafka: setting(
    list.check(
      z.refine((given) => given.every((broker) => brokerAddress.test(broker)), {
        error: 'must be brokers like host:9092, separated by commas',
      }),
    ),
    '',
    'Kafka brokers, as host:port, separated by commas',
  ),
  'kafka-tls': setting(oneOf(['on', 'off']), 'off', 'whether the brokers speak TLS'),
  'kafka-sasl': setting(
    oneOf(['none', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']),
    'none',
    'how this process authenticates to the brokers',
  ),
  'kafka-username': setting(z.string(), '', 'for --kafka-sasl'),
  'kafka-password': setting(z.string(), '', 'for --kafka-sasl', { secret: true }),
  redis: setting(
    namedServers(
      redisServers,
      redisServer,
      'a URL like redis://user:password@host:6379 (rediss:// for TLS), or servers like one=redis://host:6379',
    ),
    '',
    'Redis or Valkey: a URL, or several servers as name=URL, separated by commas',
    { secret: true },
  ),
  'allow-single-broker': setting(
    oneOf(['on', 'off']),
    'off',
    'serve even if the topics have fewer than three replicas: losing a disk then loses messages',
  ),
  'allow-insecure-services': setting(
    oneOf(['on', 'off']),
    'off',
    'serve even if services on other machines are used without TLS or without a password',
  ),
} as const;
