import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { trustedProxies } from './gateway/client-address.ts';
import { Unusable } from './platform/failures.ts';

/** One setting: how it is given as text, and what it means. */
interface Setting<Value> {
  schema: z.ZodMiniType<Value>;
  /** As `serve --help` shows it. */
  default: string;
  meaning: string;
}

function setting<Value>(schema: z.ZodMiniType<Value>, defaultText: string, meaning: string): Setting<Value> {
  return { schema, default: defaultText, meaning };
}

const whole = (min: number, max: number) =>
  z.pipe(
    z.string().check(z.regex(/^\d{1,12}$/, { error: `must be a whole number from ${min} to ${max}` })),
    z.pipe(
      z.transform((text: string) => Number(text)),
      z.int().check(z.refine((n) => n >= min && n <= max, { error: `must be a whole number from ${min} to ${max}` })),
    ),
  );
const oneOf = <const Choices extends readonly [string, ...string[]]>(choices: Choices) =>
  z.enum(choices, { error: `must be one of: ${choices.join(', ')}` });
const list = z.pipe(
  z.string(),
  z.transform((text: string) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  ),
);
const path = z.string().check(z.minLength(1, { error: 'must not be empty' }));

/** Open files that are kept for the database, the log and HTTP requests. */
const reservedFiles = 500;

/** Every setting of `parley serve`, in the order in which help lists them. */
export const settings = {
  data: setting(path, 'data', 'folder of the database; made when it is missing'),
  host: setting(z.string().check(z.minLength(1)), '127.0.0.1', 'address to listen on; 0.0.0.0 for every address'),
  port: setting(whole(0, 65_535), '8080', 'port of the API and the sockets; 0 for any free one'),
  'metrics-port': setting(
    z.union([z.literal('off'), whole(0, 65_535)], { error: 'must be "off" or a port from 0 to 65535' }),
    'off',
    'port of /metrics for Prometheus, on 127.0.0.1; "off" for none',
  ),
  signup: setting(oneOf(['open', 'invitation', 'closed']), 'open', 'who may make an account: open, invitation, closed'),
  'max-connections': setting(
    whole(1, connectionsMax()),
    String(connectionsMax()),
    'sockets at once; at most what the limit of open files leaves',
  ),
  'max-connections-per-address': setting(whole(1, 10_000_000), '1000', 'sockets at once from one address'),
  'trusted-proxies': setting(
    list.check(z.refine(areProxies, { error: 'must be addresses or networks like 10.0.0.0/8, with commas' })),
    '',
    'addresses and networks, with commas, whose X-Forwarded-For is believed',
  ),
  'allowed-origins': setting(list, '', 'origins, with commas, whose web pages may use the API from elsewhere'),
  'rate-limits': setting(oneOf(['on', 'off']), 'on', '"off" is for load tests alone'),
  'drain-ms': setting(whole(0, 600_000), '5000', 'time over which clients are spread that are sent away at the end'),
  'log-level': setting(oneOf(['debug', 'info', 'warning', 'error']), 'info', 'the least that is logged'),
} as const;

type SettingName = keyof typeof settings;

/** The settings' values, all valid. */
export type Config = { [Name in SettingName]: z.output<(typeof settings)[Name]['schema']> };

/** Settings as text, by name. */
export type GivenSettings = Partial<Record<SettingName, string>>;

/** The environment variable of a setting: `max-connections` is `PARLEY_MAX_CONNECTIONS`. */
export function variableOf(name: string): string {
  return `PARLEY_${name.replaceAll('-', '_').toUpperCase()}`;
}

/** A setting can't be what it was set to; says which, where, and what is allowed. */
export class BadSetting extends Unusable {
  override name = 'BadSetting';
}

/**
 * The configuration from flags, else environment, else file, else defaults.
 *
 * @throws {BadSetting} for a value that isn't allowed and for a name that isn't there.
 */
export function loadConfig(
  flags: GivenSettings,
  environment: Record<string, string | undefined>,
  file?: string,
): Config {
  const fromFile = file === undefined ? {} : settingsFile(file);
  for (const variable of Object.keys(environment)) {
    const known = variable === 'PARLEY_CONFIG' || Object.keys(settings).some((name) => variableOf(name) === variable);
    if (variable.startsWith('PARLEY_') && !known) throw new BadSetting(`${variable} is no setting; see serve --help`);
  }
  const entries = (Object.keys(settings) as SettingName[]).map((name) => {
    const given: [string, string | undefined][] = [
      [`--${name}`, flags[name]],
      [variableOf(name), environment[variableOf(name)]],
      [`"${name}" in ${file}`, fromFile[name]],
    ];
    const [where, text] = given.find(([, value]) => value !== undefined) ?? ['default', settings[name].default];
    const parsed = settings[name].schema.safeParse(text);
    if (parsed.success) return [name, parsed.data];
    throw new BadSetting(`${where}: ${JSON.stringify(text)} ${parsed.error.issues[0]?.message ?? 'is not allowed'}`);
  });
  return Object.fromEntries(entries) as Config;
}

function settingsFile(file: string): Record<string, string> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new BadSetting(`--config: ${file} can not be read as JSON: ${String(cause)}`, { cause });
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new BadSetting(`--config: ${file} must hold one JSON object of settings`);
  }
  const unknown = Object.keys(content).find((name) => !Object.hasOwn(settings, name));
  if (unknown !== undefined) throw new BadSetting(`--config: ${file} has "${unknown}", which is no setting`);
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

function connectionsMax(): number {
  return Math.max(100, openFilesMax() - reservedFiles);
}

/** How many files this process may have open; 1,024 where that can't be read. */
function openFilesMax(): number {
  try {
    const line = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return Number(line?.[1] ?? 1_024);
  } catch {
    return 1_024;
  }
}
