import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { trustedProxies } from '../gateway/client-address.ts';
import { reasonOf } from '../platform/reasons.ts';
import { BadSetting } from './bad-setting.ts';
import { checkCertificates } from './certificates.ts';
import { clusterSettings } from './cluster-settings.ts';
import { connectionsMax } from './open-files.ts';
import { type ConfigOf, list, oneOf, path, type Setting, type SettingsTable, setting, whole } from './setting.ts';
import { checkShape } from './shape.ts';

/** All settings of `parley serve`, in the order of the help. */
export const settings = {
  ...clusterSettings,
  data: setting(
    path,
    'data',
    'folder of the database and of the control socket for administrators; created if missing',
  ),
  'feed-records': setting(
    whole(1_000, 1_000_000_000),
    '1000000',
    'records that an embedded server keeps for followers that are behind; a follower that is further behind rebuilds from the database',
  ),
  host: setting(z.string().check(z.minLength(1)), '127.0.0.1', 'address to listen on; 0.0.0.0 for every address'),
  port: setting(whole(0, 65_535), '8080', 'port of the API and the sockets; 0 for any free one'),
  'metrics-port': setting(
    z.union([z.literal('off'), whole(0, 65_535)], { error: 'must be "off" or a port from 0 to 65535' }),
    'off',
    'port of /metrics for Prometheus; "off" for none',
  ),
  'metrics-host': setting(z.string().check(z.minLength(1)), '127.0.0.1', 'address on which to serve /metrics'),
  'otlp-endpoint': setting(
    z.string().check(z.refine(isCollector, { error: 'must be a URL like http://collector:4318, without a path' })),
    '',
    'OpenTelemetry collector that receives the hops of traced commands, as OTLP over HTTP',
  ),
  'trace-ratio': setting(
    z.pipe(
      z.string().check(z.regex(/^(0|1|0?\.\d{1,9})$/, { error: 'must be a number from 0 to 1, like 0.01' })),
      z.transform(Number),
    ),
    '0',
    'share of commands without a trace for which a trace begins; needs --otlp-endpoint',
  ),
  signup: setting(
    oneOf(['open', 'invitation', 'closed']),
    'open',
    'who may create an account: open, invitation, closed',
  ),
  'session-days': setting(
    z.union([z.literal('off'), whole(0, 3_650)], { error: 'must be "off" or a whole number of days from 0 to 3650' }),
    '90',
    'days without use after which a session ends; "off" or 0 for never',
  ),
  'max-connections': setting(
    whole(1, connectionsMax()),
    String(connectionsMax()),
    'maximum number of open sockets; bounded by the limit of open files',
  ),
  'max-connections-per-address': setting(
    whole(1, 10_000_000),
    '1000',
    'maximum number of open sockets from one address',
  ),
  'trusted-proxies': setting(
    list.check(z.refine(areProxies, { error: 'must be addresses or networks like 10.0.0.0/8, separated by commas' })),
    '',
    'proxies whose X-Forwarded-For or Forwarded is trusted: addresses and networks, separated by commas',
  ),
  'allowed-origins': setting(
    list.check(
      z.refine((origins) => origins.every(isOrigin), {
        error: 'must be origins like https://app.example.org, separated by commas',
      }),
    ),
    '',
    'other origins whose web pages may use the API, separated by commas',
  ),
  'rate-limits': setting(oneOf(['on', 'off']), 'on', '"off" is for load tests only'),
  'drain-notice-ms': setting(
    whole(0, 600_000),
    '0',
    'time for which /readyz reports that the process stops before it stops, so that load balancers notice',
    // HAProxy checks every half to whole second, see deploy/haproxy/haproxy.cfg.
    { clusterDefault: '2000' },
  ),
  'drain-ms': setting(
    whole(0, 600_000),
    '5000',
    'time over which a stopping server spreads the reconnects of its clients',
  ),
  'log-level': setting(oneOf(['debug', 'info', 'warning', 'error']), 'info', 'lowest level that is logged'),
} as const;

/** The values of all settings. */
export type Config = ConfigOf<typeof settings>;

/** Settings as text, by name. */
export type GivenSettings = Partial<Record<keyof typeof settings, string>>;

/** The line of help of a setting: meaning, default and environment variable. */
export function settingHelp(name: string, { meaning, default: standard, clusterDefault }: Setting<unknown>): string {
  const inCluster = clusterDefault === undefined ? '' : `, in a cluster ${clusterDefault}`;
  return `${meaning} (default: ${standard === '' ? 'none' : standard}${inCluster}; ${variableOf(name)})`;
}

/** The environment variable of a setting: `max-connections` is `PARLEY_MAX_CONNECTIONS`. */
export function variableOf(name: string): string {
  return `PARLEY_${name.replaceAll('-', '_').toUpperCase()}`;
}

/**
 * Reads the configuration from flags, else environment, else file, else defaults.
 *
 * @throws {BadSetting} for an invalid value, an unknown name, or values that contradict each other.
 */
export function loadConfig(
  flags: GivenSettings,
  environment: Record<string, string | undefined>,
  file?: string,
): Config {
  const config = loadSettings(settings, flags, environment, file);
  checkShape(config);
  if (config.shape === 'cluster') checkCertificates(environment);
  if (config['trace-ratio'] > 0 && config['otlp-endpoint'] === '') {
    throw new BadSetting('--trace-ratio needs --otlp-endpoint, which receives the traces');
  }
  return config;
}

/**
 * Variables that are not settings of the server: the path of the settings file, and settings of `parley chat`. They may
 * be exported for all commands.
 */
const otherVariables = new Set(['PARLEY_CONFIG', 'PARLEY_SERVER', 'PARLEY_PASSWORD']);

/** As {@link loadConfig}, for any table of settings, without checking values against each other. */
export function loadSettings<Table extends SettingsTable>(
  table: Table,
  flags: Readonly<Partial<Record<keyof Table, string>>>,
  environment: Record<string, string | undefined>,
  file?: string,
): ConfigOf<Table> {
  const fromFile = file === undefined ? {} : settingsFile(file);
  for (const variable of Object.keys(environment)) {
    const known = otherVariables.has(variable) || Object.keys(settings).some((name) => variableOf(name) === variable);
    if (variable.startsWith('PARLEY_') && !known)
      throw new BadSetting(`${variable} is not a setting; see serve --help`);
  }
  const given = (name: string) => {
    const places: [where: string, text: string | undefined][] = [
      [`--${name}`, flags[name]],
      [variableOf(name), environment[variableOf(name)]],
      [`"${name}" in ${file}`, fromFile[name]],
    ];
    return places.find(([, text]) => text !== undefined);
  };
  const isCluster = given('shape')?.[1] === 'cluster';
  const entries = Object.entries(table).map(
    ([name, { schema, default: standard, clusterDefault = standard, secret }]) => {
      const [where, text] = given(name) ?? ['default', isCluster ? clusterDefault : standard];
      const parsed = schema.safeParse(text);
      if (parsed.success) return [name, parsed.data];
      const shown = secret ? 'the given value' : JSON.stringify(text);
      throw new BadSetting(`${where}: ${shown} ${parsed.error.issues[0]?.message ?? 'is not allowed'}`);
    },
  );
  return Object.fromEntries(entries) as ConfigOf<Table>;
}

function settingsFile(file: string): Record<string, string> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    // The message of the parser may repeat a part of the file, in which there are passwords.
    throw new BadSetting(`--config: ${file} cannot be read as JSON: ${reasonOf(cause) ?? 'it is not JSON'}`);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new BadSetting(`--config: ${file} must hold one JSON object of settings`);
  }
  const unknown = Object.keys(content).find((name) => !Object.hasOwn(settings, name));
  if (unknown !== undefined) throw new BadSetting(`--config: ${file} has "${unknown}", which is not a setting`);
  const composed = Object.entries(content).find(([, value]) => value === null || typeof value === 'object');
  if (composed) throw new BadSetting(`"${composed[0]}" in ${file}: must be a text, a number, true or false`);
  return Object.fromEntries(Object.entries(content).map(([name, value]) => [name, String(value)]));
}

function areProxies(addresses: readonly string[]): boolean {
  try {
    trustedProxies(addresses);
    return true;
  } catch {
    return false;
  }
}

/** The form in which browsers send it: scheme, host, and the port unless it is the scheme's default. */
function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text;
}

function isCollector(text: string): boolean {
  if (text === '') return true;
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '' && url.hash === '';
}
