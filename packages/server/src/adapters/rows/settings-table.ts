import type { StoredServerSettings } from '../../operations/server-settings-port.ts';
import { Table } from './table.ts';

/** The settings that differ from their defaults. */
export const serverSettingsTable = new Table<{ name: string; value: string }>(
  'server_settings',
  { name: 'text', value: 'text' },
  { key: ['name'], engines: 'both', placement: { by: 'name' } },
);

/** The setting of the time limit for edits: its value is a number of milliseconds. */
export const editWindowSetting = 'edit_window_ms';

export function settingsOf(rows: readonly { name: string; value: string }[]): StoredServerSettings {
  const editWindow = rows.find(({ name }) => name === editWindowSetting);
  return editWindow ? { editWindowMs: Number(editWindow.value) } : {};
}

/** What is wrong with a stored setting, as the end of a sentence; null if nothing is. */
export function settingFault({ name, value }: { name: string; value: string }): string | null {
  if (name !== editWindowSetting) return `there is no setting ${JSON.stringify(name)}`;
  return /^\d{1,15}$/.test(value) ? null : `the setting ${name} is ${JSON.stringify(value)}, which is no number`;
}
