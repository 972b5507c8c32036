import { isIP } from 'node:net';
import { BadSetting } from './bad-setting.ts';
import { type clusterSettings, roleCount } from './cluster-settings.ts';
import type { ConfigOf } from './setting.ts';

type ClusterConfig = ConfigOf<typeof clusterSettings> & { 'otlp-endpoint': string };

/**
 * Refuses settings that contradict each other: an embedded server has no services and all roles; a process of a cluster
 * needs all services, and services on other machines need TLS and a password.
 */
export function checkShape(config: ClusterConfig): void {
  if (config.shape === 'embedded') checkEmbedded(config);
  else checkCluster(config);
}

function checkEmbedded({ postgres, kafka, redis, roles }: ClusterConfig): void {
  const given = postgres.length > 0 ? 'postgres' : kafka.length > 0 ? 'kafka' : redis.length > 0 ? 'redis' : null;
  if (given) throw new BadSetting(`--${given} is for --shape cluster; an embedded server needs no services`);
  if (roles.size < roleCount) throw new BadSetting('--roles is for --shape cluster; an embedded server has every role');
}

function checkCluster(config: ClusterConfig): void {
  if (config.postgres.length === 0) throw new BadSetting('--postgres: a cluster needs one PostgreSQL server or more');
  if (config.kafka.length === 0) throw new BadSetting('--kafka: a cluster needs the addresses of Kafka brokers');
  if (config.redis.length === 0) throw new BadSetting('--redis: a cluster needs the URL of a Redis');
  if (config['kafka-sasl'] !== 'none' && (config['kafka-username'] === '' || config['kafka-password'] === '')) {
    throw new BadSetting(`--kafka-sasl: ${config['kafka-sasl']} needs --kafka-username and --kafka-password`);
  }
  const insecure = insecureServices(config);
  if (config['allow-insecure-services'] === 'off' && insecure[0] !== undefined) {
    throw new BadSetting(`${insecure[0]}; --allow-insecure-services on allows it`);
  }
}

/** Describes each service on another machine that is used without TLS or without a password. */
function insecureServices(config: ClusterConfig): string[] {
  const found: string[] = [];
  for (const { name, url } of config.postgres) {
    const { hostname, password, searchParams } = new URL(url);
    if (isThisMachine(hostname)) continue;
    const mode = searchParams.get('sslmode');
    if (mode !== 'require' && mode !== 'verify-ca' && mode !== 'verify-full') {
      found.push(`--postgres: ${name} on ${hostname} needs TLS: add ?sslmode=verify-full to its URL`);
    }
    if (password === '') found.push(`--postgres: ${name} on ${hostname} needs a password in its URL`);
  }
  for (const { url } of config.redis) {
    const { hostname, protocol, password } = new URL(url);
    if (isThisMachine(hostname)) continue;
    if (protocol !== 'rediss:') found.push(`--redis: ${hostname} needs TLS: use rediss://`);
    if (password === '') found.push(`--redis: ${hostname} needs a password in its URL`);
  }
  const remote = config.kafka.find((broker) => !isThisMachine(broker.slice(0, broker.lastIndexOf(':'))));
  if (remote !== undefined) {
    if (config['kafka-tls'] === 'off') found.push(`--kafka: ${remote} needs TLS: --kafka-tls on`);
    if (config['kafka-sasl'] === 'none') found.push(`--kafka: ${remote} needs authentication: --kafka-sasl`);
  }
  const collector = URL.parse(config['otlp-endpoint']);
  if (collector && !isThisMachine(collector.hostname) && collector.protocol !== 'https:') {
    found.push(`--otlp-endpoint: ${collector.hostname} needs TLS: use https://`);
  }
  return found;
}

function isThisMachine(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}
