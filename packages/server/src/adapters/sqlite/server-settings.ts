import type { ServerSettingsStore, StoredServerSettings } from '../../operations/server-settings-port.ts';
import { editWindowSetting, serverSettingsTable, settingsOf } from '../rows/settings-table.ts';
import type { GroupCommit } from './group-commit.ts';
import { put } from './statements.ts';

/** The settings of administrators in SQLite. */
export class SqliteServerSettings implements ServerSettingsStore {
  constructor(private readonly writes: GroupCommit) {}

  readSettings(): Promise<StoredServerSettings> {
    const rows = this.writes.database.query<{ name: string; value: string }, []>(
      `SELECT ${serverSettingsTable.list()} FROM server_settings`,
    );
    return this.writes.read(() => settingsOf(rows.all()));
  }

  async writeSettings({ editWindowMs }: StoredServerSettings): Promise<void> {
    const { database } = this.writes;
    await this.writes.run(() => {
      if (editWindowMs === undefined) database.run('DELETE FROM server_settings WHERE name = ?', [editWindowSetting]);
      else database.run(put(serverSettingsTable), [editWindowSetting, String(editWindowMs)]);
    });
  }
}
