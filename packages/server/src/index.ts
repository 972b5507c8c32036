export { type Adapters, embeddedAdapters } from './compose.ts';
export { systemClock } from './platform/clock.ts';
export { Server } from './server.ts';
export { BadSetting, type Config, type GivenSettings, loadConfig, settings, variableOf } from './settings.ts';
