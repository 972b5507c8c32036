export { type Adapters, backupDatabase, databaseFile, embeddedAdapters, verifyDatabase } from './compose.ts';
export { controlSocketFile, isServed } from './control-socket.ts';
export { serve } from './main.ts';
export { systemClock } from './platform/clock.ts';
export { Unusable } from './platform/failures.ts';
export { Server } from './server.ts';
export { BadSetting, type Config, type GivenSettings, loadConfig, settings, variableOf } from './settings.ts';
