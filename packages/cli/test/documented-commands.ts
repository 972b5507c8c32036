import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../../', import.meta.url));

const prose = ['README.md', 'CONTRIBUTING.md', 'packages/sdk/README.md'];
const deployed = ['deploy/Dockerfile', 'deploy/compose.yaml', 'deploy/kubernetes/kustomization.yaml'];

/** A command is one of these programs with an argument; a program's name alone is not a command. */
const command = /^(?:\$ )?((?:npm|npx|parley|dist\/parley|pg_basebackup|docker|kubectl) .*)$/;

/** The command in a line, without a shell comment. */
function commandIn(line: string): string | undefined {
  return command.exec(line.trim())?.[1]?.replace(/\s+# .*$/, '');
}

/** Every command in the documents, as it is written there. */
export function documentedCommands(): Set<string> {
  const documents = [...prose, ...readdirSync(join(root, 'docs'))].filter((name) => name.endsWith('.md'));
  const texts = documents.map((name) => readFileSync(join(root, prose.includes(name) ? name : `docs/${name}`), 'utf8'));
  const headers = deployed.map((name) => readFileSync(join(root, name), 'utf8'));
  return new Set([...texts.flatMap(commandsOf), ...headers.flatMap(commandsOfComments)]);
}

/** The commands in code blocks, line by line, and in code within sentences. */
function commandsOf(markdown: string): string[] {
  const fenced = [...markdown.matchAll(/^ *```.*\n([\s\S]*?)^ *```/gm)].flatMap(([, block = '']) => block.split('\n'));
  const rest = markdown.replaceAll(/^ *```.*\n[\s\S]*?^ *```/gm, '');
  const indented = rest.split('\n').filter((line) => /^ {4}/.test(line));
  const sentences = rest
    .split('\n')
    .filter((line) => !/^ {4}/.test(line))
    .join('\n');
  const inline = [...sentences.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replaceAll(/\s+/g, ' '));
  return [...fenced, ...indented, ...inline].flatMap((line) => commandIn(line) ?? []);
}

function commandsOfComments(file: string): string[] {
  return file.split('\n').flatMap((line) => (line.startsWith('#   ') ? (commandIn(line.slice(4)) ?? []) : []));
}
