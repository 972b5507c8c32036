import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Written by `npm run services -- up`. */
const stateFile = fileURLToPath(new URL('../../../../.services/state.json', import.meta.url));

export type ServiceName = 'postgres' | 'redis' | 'kafka';

/** The variables that name each service, for services that the tests do not start. */
const variables: Record<ServiceName, string> = {
  postgres: 'PARLEY_TEST_POSTGRES_URL',
  redis: 'PARLEY_TEST_REDIS_URL',
  kafka: 'PARLEY_TEST_KAFKA_BROKERS',
};

/** The address of a real service for tests; null when there is none. */
export function serviceAddress(name: ServiceName): string | null {
  const given = process.env[variables[name]];
  if (given !== undefined && given !== '') return given;
  if (!existsSync(stateFile)) return null;
  const state = JSON.parse(readFileSync(stateFile, 'utf8')) as Partial<Record<ServiceName, { address: string }>>;
  return state[name]?.address ?? null;
}

/** Why tests on this service are skipped; null when they are not. */
export function withoutService(name: ServiceName): string | null {
  if (serviceAddress(name) !== null) return null;
  return `no ${name}: \`npm run services -- up\` starts one, or ${variables[name]} names one`;
}

/** The title of tests that are skipped when something is missing, which the title names. */
export function titleWith(title: string, absent: string | null): string {
  return absent === null ? title : `${title} (${absent})`;
}
