import * as z from 'zod/mini';
import { list, oneOf, setting, whole } from './setting.ts';

const roles = ['gateway', 'messaging', 'distribution', 'followers'] as const;

/** The number of roles. */
export const roleCount = roles.length;

/** The roles of a cluster's processes. A process may have several. */
export type Role = (typeof roles)[number];

/** A PostgreSQL server, with its name in the commands for administrators. */
export interface NamedServer {
  name: string;
  url: string;
}

const namedServer = /^(?<name>[a-z][a-z0-9-]{0,30})=(?<url>postgres(?:ql)?:\/\/\S+)$/;
const brokerAddress = /^(\[[0-9a-f:]+\]|[a-z0-9.-]+):\d{1,5}$/i;

const roleList = z.pipe(
  list.check(
    z.refine((given) => given.length > 0 && given.every((role) => (roles as readonly string[]).includes(role)), {
      error: `must name one or more of: ${roles.join(', ')}, separated by commas`,
    }),
  ),
  z.transform((given: string[]) => new Set(given as Role[])),
);

const servers = z.pipe(
  list.check(
    z.refine((given) => given.every((server) => namedServer.test(server) && URL.canParse(urlOf(server))), {
      error: 'must be servers like main=postgres://user:password@host:5432/database, separated by commas',
    }),
    z.refine((given) => new Set(given.map((server) => server.split('=')[0])).size === given.length, {
      error: 'must give each server a different name',
    }),
  ),
  z.transform((given: string[]): NamedServer[] =>
    given.map((server) => ({ name: server.split('=')[0] ?? '', url: urlOf(server) })),
  ),
);

function urlOf(server: string): string {
  return server.slice(server.indexOf('=') + 1);
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
  postgres: setting(servers, '', 'PostgreSQL servers, as name=URL, separated by commas'),
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
  'kafka-password': setting(z.string(), '', 'for --kafka-sasl'),
  redis: setting(
    z.string().check(
      z.refine((given) => given === '' || (/^rediss?:\/\//.test(given) && URL.canParse(given)), {
        error: 'must be a URL like redis://user:password@host:6379, or rediss:// for TLS',
      }),
    ),
    '',
    'Redis or Valkey, as a URL',
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
