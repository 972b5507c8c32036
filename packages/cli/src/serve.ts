import { type GivenSettings, loadConfig, serve, settingHelp, settings } from '@parley/server';
import { type Command, Option } from 'commander';
import { camelCase } from './option-names.ts';

/** `parley serve`: every setting is a flag, an environment variable and a key of the file. */
export function addServe(program: Command): void {
  const command = program.command('serve').description('Run a Parley server.');
  for (const [name, setting] of Object.entries(settings)) {
    command.addOption(new Option(`--${name} <${name}>`, settingHelp(name, setting)));
  }
  command.option('--config <file>', 'JSON file of settings; environment and flags override it (PARLEY_CONFIG)');
  command.action(async () => {
    const given = Object.fromEntries(
      Object.keys(settings).map((name) => [name, command.getOptionValue(camelCase(name))]),
    ) as GivenSettings;
    const file: string | undefined = command.getOptionValue('config') ?? process.env['PARLEY_CONFIG'];
    await serve(loadConfig(given, process.env, file));
  });
}
