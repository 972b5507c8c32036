import { freePort } from '../../../../tools/free-port.mjs';
import { RunningServer } from '../support/running-server.ts';

/** What a server exposes to Prometheus: the help text and the labels of each metric, by its name. */
export type GivenFigures = Map<string, { help: string; labels: Set<string> }>;

/** The metrics of a server that has delivered a message. */
export async function givenFigures(): Promise<GivenFigures> {
  const port = String(await freePort());
  const server = await RunningServer.start({ 'metrics-port': port });
  const [ana] = await server.people('ana', 1);
  if (!ana) throw new Error('there is a user');
  const { id } = await server.call(ana, 'createGroup', { name: 'g', userIds: [] });
  await server.call(ana, 'sendMessage', { conversationId: id, clientMessageId: 'm', text: 'text' });
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  await server.stop();
  const figures: GivenFigures = new Map();
  for (const [, name = '', help = ''] of text.matchAll(/^# HELP (\S+) (.*)$/gm)) {
    const samples = text.matchAll(new RegExp(`^${name}(?:_bucket|_sum|_count)?\\{(.*)\\} `, 'gm'));
    const labels = [...samples].flatMap(([, given = '']) => given.match(/\w+(?==")/g) ?? []);
    figures.set(name, { help, labels: new Set(labels) });
  }
  return figures;
}

/** The names of Parley's metrics in PromQL expressions; those of a histogram without the suffixes of Prometheus. */
export function figuresAskedFor(expressions: readonly string[]): Set<string> {
  const names = expressions.flatMap((expression) => expression.match(/\b(parley|process)_\w+/g) ?? []);
  return new Set(names.map((name) => name.replace(/(_seconds|_commands)_(bucket|sum|count)$/, '$1')));
}
