export { checkRecordingFile } from './checker/check-recording.ts';
export type { Adapters } from './compose/adapters.ts';
export { composeAdapters } from './compose/compose.ts';
export {
  backupDatabase,
  databaseFile,
  embeddedAdapters,
  restoreDatabase,
  traceInFolder,
  verifyDatabase,
} from './compose/embedded.ts';
export { type MessageName, parseMessageName } from './history/message-name.ts';
export type { MessageTrace } from './history/message-trace.ts';
export { serve } from './main.ts';
export { systemClock } from './platform/clock.ts';
export { controlSocketFile, isServed } from './platform/control-socket.ts';
export { FolderHeld, Unusable } from './platform/failures.ts';
export { Server } from './process/server.ts';
export { BadSetting } from './settings/bad-setting.ts';
export { clusterSettings } from './settings/cluster-settings.ts';
export {
  type Config,
  type GivenSettings,
  loadConfig,
  loadSettings,
  settingHelp,
  settings,
  variableOf,
} from './settings/settings.ts';
