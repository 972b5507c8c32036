import { deployedText } from './deployed-files.ts';

interface ComposeService {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  healthcheck?: { test?: [string, ...string[]]; disable?: boolean };
  restart?: string;
  stop_grace_period?: string;
  networks?: string[];
  ports?: string[];
  volumes?: string[];
  deploy?: { replicas: number };
  depends_on?: Record<string, { condition: string }> | string[];
  cap_drop?: string[];
  read_only?: boolean;
}

interface ComposeFile {
  services: Record<string, ComposeService>;
  networks: Record<string, { internal?: boolean; ipam?: { config: { subnet: string }[] } }>;
  volumes: Record<string, null>;
}

export const composeText = deployedText('compose.yaml');

/** The variables of the example file. */
export const exampleVariables: Record<string, string> = Object.fromEntries(
  deployedText('compose.env.example')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('=') as [string, string]),
);

const variable = /\$\{([A-Z_]+)(?::[-?][^}]*)?\}/g;

/** The names of the variables that the file reads from the environment. */
export const variablesTaken = new Set([...composeText.matchAll(variable)].map(([, name]) => name));

/** The file with the variables of the example. */
export const composeFile = Bun.YAML.parse(
  composeText.replaceAll(variable, (_all, name: string) => exampleVariables[name] ?? ''),
) as ComposeFile;

export function composeService(name: string): ComposeService {
  const service = composeFile.services[name];
  if (!service) throw new Error(`compose.yaml has no service ${name}`);
  return service;
}
