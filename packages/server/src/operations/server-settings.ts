import type { Clock } from '../platform/clock.ts';
import type { ServerSettingsStore, StoredServerSettings } from './server-settings-port.ts';

/** A change on another server is in force here after this time. */
const validMs = 5_000;

/** The settings that administrators change while servers run, as this server applies them. */
export class ServerSettings {
  private known: { settings: StoredServerSettings; atMs: number } | null = null;

  constructor(
    private readonly store: ServerSettingsStore,
    private readonly clock: Pick<Clock, 'monotonicMs'>,
  ) {}

  /** The stored settings. */
  async read(): Promise<StoredServerSettings> {
    const atMs = this.clock.monotonicMs();
    const settings = await this.store.readSettings();
    this.known = { settings, atMs };
    return settings;
  }

  /** In force on this server at once, and on the others within seconds. */
  async write(settings: StoredServerSettings): Promise<StoredServerSettings> {
    await this.store.writeSettings(settings);
    return this.read();
  }

  /** The settings in force; may be some seconds old. */
  async inForce(): Promise<StoredServerSettings> {
    const { known } = this;
    return known && this.clock.monotonicMs() - known.atMs < validMs ? known.settings : this.read();
  }
}
