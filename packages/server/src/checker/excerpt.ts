import { Checker } from './checker.ts';
import type { Finding, Rule } from './finding.ts';
import { InvalidRecording, parseLine } from './parse-line.ts';

/** A line of a recording with its number. */
export interface NumberedLine {
  number: number;
  text: string;
}

/** Reads the lines of a recording from the beginning. */
export type LineReader = () => AsyncIterable<string>;

/** An excerpt is not made smaller beyond this number of lines: each line costs a check of the excerpt. */
const linesMax = 200;

/**
 * The smallest part of the recording that shows the violation: a recording in itself that breaks the same rule, and
 * does not without any of its lines.
 */
export async function excerptOf(finding: Finding, read: LineReader): Promise<NumberedLine[]> {
  const wanted = new Set([1, ...finding.lines]);
  const shown = await linesWhere(read, ({ number }) => wanted.has(number));
  const objects = shown.map(({ text }) => JSON.parse(text) as Record<string, unknown>);
  const operations = new Set(objects.flatMap(({ client, op }) => (op === undefined ? [] : [`${client} ${op}`])));
  // Operations, and the introductions of all clients, so that the excerpt is valid; most are left out again.
  const all = await linesWhere(read, ({ number, text }) => {
    if (wanted.has(number)) return true;
    if (!text.includes('"client"') && !text.includes('"op"')) return false;
    const { type, client, op } = JSON.parse(text) as Record<string, unknown>;
    return (type === 'client' && isNamed(shown, text)) || operations.has(`${client} ${op}`);
  });
  return smallest(all, finding.rule);
}

/** Whether the client or its user is named by one of the lines. */
function isNamed(lines: readonly NumberedLine[], introduction: string): boolean {
  const { client, userId } = JSON.parse(introduction) as { client: string; userId: string };
  return lines.some(({ text }) => text.includes(JSON.stringify(client)) || text.includes(userId));
}

async function linesWhere(read: LineReader, isWanted: (line: NumberedLine) => boolean): Promise<NumberedLine[]> {
  const lines: NumberedLine[] = [];
  let number = 0;
  for await (const text of read()) {
    number++;
    if (isWanted({ number, text })) lines.push({ number, text });
  }
  return lines;
}

/** Leaves out each line without which the rest still breaks the rule. */
function smallest(lines: readonly NumberedLine[], rule: Rule): NumberedLine[] {
  let kept = [...lines];
  if (kept.length > linesMax || !breaks(kept, rule)) return kept;
  for (let before = -1; before !== kept.length; ) {
    before = kept.length;
    for (const line of [...kept].reverse()) {
      const rest = kept.filter((each) => each !== line);
      if (breaks(rest, rule)) kept = rest;
    }
  }
  return kept;
}

function breaks(lines: readonly NumberedLine[], rule: Rule): boolean {
  const checker = new Checker();
  try {
    for (const { number, text } of lines) checker.take(parseLine(text, number));
    checker.end();
  } catch (error) {
    if (error instanceof InvalidRecording) return false;
    throw error;
  }
  return checker.findings.some((finding) => finding.rule === rule);
}
