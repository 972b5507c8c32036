/** Settings that administrators change while servers run. */
export interface StoredServerSettings {
  /** How long after sending a message can be edited; absent without a limit. */
  editWindowMs?: number | undefined;
}

export interface ServerSettingsStore {
  /** Includes every change that was acknowledged before the call, on any server. */
  readSettings(): Promise<StoredServerSettings>;
  /** Resolves when the settings are durable. */
  writeSettings(settings: StoredServerSettings): Promise<void>;
}
