import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { Failure } from './failure.ts';

/** Takes what is typed and shows nothing of it. */
const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });

/** Asks at the terminal; what is typed shows. */
export async function ask(question: string): Promise<string> {
  try {
    return await lineFromTerminal(question, true);
  } catch (error) {
    process.stderr.write('\n');
    throw error;
  }
}

/** Asks at the terminal; what is typed doesn't show. */
export async function askPassword(): Promise<string> {
  try {
    return await lineFromTerminal('Password: ', false);
  } finally {
    process.stderr.write('\n');
  }
}

/**
 * Reads one line, and leaves standard input as it was, so that the next reader can read on: also what was typed or
 * pasted after the line. Iterating over standard input would destroy it. The terminal's echo is off before the question
 * shows, so that an answer that is typed at once is not shown by the terminal.
 *
 * @throws {Failure} for Ctrl+C, for Ctrl+D on an empty line, and when the terminal is gone.
 */
async function lineFromTerminal(question: string, showsAnswer: boolean): Promise<string> {
  const { stdin, stderr } = process;
  // Switches the echo off.
  const output = showsAnswer ? stderr : unseen;
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
      lines.setPrompt(showsAnswer ? question : '');
      lines.prompt();
      if (!showsAnswer) stderr.write(question);
    });
  } finally {
    lines.close();
    const rest = [...typed.slice(1), lines.line].join('\r');
    if (typed.length > 0 && rest !== '') stdin.unshift(Buffer.from(rest));
  }
}
