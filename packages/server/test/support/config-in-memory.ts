import { type Config, type GivenSettings, loadConfig } from '../../src/settings/settings.ts';

/** The configuration of an embedded server without a data folder. */
export function configInMemory(settings: GivenSettings = {}): Config {
  return loadConfig({ data: ':memory:', 'rate-limits': 'off', ...settings }, {});
}
