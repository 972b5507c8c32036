import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { Failure } from './failure.ts';

/** Takes what is typed and shows nothing of it. */
const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });

/** Asks at the terminal; what is typed shows. */
export async function ask(question: string): Promise<string> {
  try {
    return await lineFromTerminal(question, process.stderr);
  } catch (error) {
    process.stderr.write('\n');
    throw error;
  }
}

/** Asks at the terminal; what is typed doesn't show. */
export async function askPassword(): Promise<string> {
  process.stderr.write('Password: ');
  try {
    return await lineFromTerminal('', unseen);
  } finally {
    process.stderr.write('\n');
  }
}

/**
 * Reads one line, and leaves standard input as it was, so that whoever comes next can read on: also what was typed or
 * pasted after the line. Iterating over standard input would destroy it.
 *
 * @throws {Failure} for Ctrl+C, for Ctrl+D on an empty line, and when the terminal is gone.
 */
async function lineFromTerminal(question: string, output: NodeJS.WritableStream): Promise<string> {
  const { stdin } = process;
  const lines = createInterface({ input: stdin, output, terminal: true, historySize: 0 });
  const typed: string[] = [];
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.on('line', (line) => {
        typed.push(line);
        resolve(line);
      });
      lines.on('SIGINT', () => reject(new Failure('interrupted')));
      lines.on('close', () => reject(new Failure('nothing was answered')));
      // The program that started this one would not stop with it, and nobody could continue it.
      lines.on('SIGTSTP', () => undefined);
      lines.setPrompt(question);
      lines.prompt();
    });
  } finally {
    lines.close();
    const rest = [...typed.slice(1), lines.line].join('\r');
    if (typed.length > 0 && rest !== '') stdin.unshift(Buffer.from(rest));
  }
}
