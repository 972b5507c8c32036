import { type Config, clusterSettings, loadConfig, settingHelp } from '@parley/server';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { camelCase } from '../option-names.ts';

const settingNames = (Object.keys(clusterSettings) as (keyof typeof clusterSettings)[]).filter(
  (name) => name !== 'shape' && name !== 'roles',
);

/** Adds the settings that name a cluster's services to a command. */
export function withSettings(command: Command): Command {
  for (const name of settingNames) {
    command.addOption(new Option(`--${name} <${name}>`, settingHelp(name, clusterSettings[name])));
  }
  return command.option('--config <file>', 'JSON file of settings; environment and flags override it (PARLEY_CONFIG)');
}

/** The configuration of a command {@link withSettings}: of a cluster, unless `more` gives another shape. */
export function configOf(command: Command, more: { shape?: string; data?: string } = { shape: 'cluster' }): Config {
  const flags = Object.fromEntries(settingNames.map((name) => [name, command.getOptionValue(camelCase(name))]));
  const file: string | undefined = command.getOptionValue('config') ?? process.env['PARLEY_CONFIG'];
  return loadConfig({ ...flags, ...more }, process.env, file);
}

export function wholeFrom(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}
