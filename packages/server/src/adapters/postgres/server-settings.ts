import type { ServerSettingsStore, StoredServerSettings } from '../../operations/server-settings-port.ts';
import { editWindowSetting, settingsOf } from '../rows/settings-table.ts';
import type { ShardedDatabase } from './sharded-database.ts';

/** The settings of administrators in PostgreSQL, each in the shard of its name. */
export class PostgresServerSettings implements ServerSettingsStore {
  constructor(private readonly database: ShardedDatabase) {}

  async readSettings(): Promise<StoredServerSettings> {
    const rows = await this.database.at(
      editWindowSetting,
      (sql, shard) => sql<{ name: string; value: string }[]>`
        SELECT name, value FROM server_settings WHERE shard = served(${shard}) AND name = ${editWindowSetting}`,
    );
    return settingsOf(rows);
  }

  async writeSettings({ editWindowMs }: StoredServerSettings): Promise<void> {
    await this.database.at(editWindowSetting, (sql, shard) =>
      editWindowMs === undefined
        ? sql`DELETE FROM server_settings WHERE shard = writable(${shard}) AND name = ${editWindowSetting}`
        : sql`
            INSERT INTO server_settings (shard, name, value)
            VALUES (writable(${shard}), ${editWindowSetting}, ${String(editWindowMs)})
            ON CONFLICT (shard, name) DO UPDATE SET value = excluded.value`,
    );
  }
}
