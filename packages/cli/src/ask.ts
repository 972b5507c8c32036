import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { Failure } from './failure.ts';

/** A sink for readline's output, which hides the typed text. */
const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });

/** Prompts at the terminal; the terminal shows what is typed. */
export async function ask(question: string): Promise<string> {
  try {
    return await lineFromTerminal(question, true);
  } catch (error) {
    process.stderr.write('\n');
    throw error;
  }
}

/** Prompts for the password at the terminal, which does not show what is typed. */
export async function askPassword(): Promise<string> {
  try {
    return await lineFromTerminal('Password: ', false);
  } finally {
    process.stderr.write('\n');
  }
}

/**
 * Reads one line, and leaves standard input usable: the next reader also gets input that was typed or pasted after the
 * line. (Iterating over standard input would destroy it.) The terminal's echo is off before the question is printed, so
 * that the terminal does not show an answer that is typed at once.
 *
 * @throws {Failure} for Ctrl+C, for Ctrl+D on an empty line, and when the terminal is closed.
 */
async function lineFromTerminal(question: string, showsAnswer: boolean): Promise<string> {
  const { stdin, stderr } = process;
  // Creating the interface switches the echo off.
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
      lines.on('close', () => reject(new Failure('no answer was given')));
      // Ctrl+Z would stop this process but not the one that started it, and no shell could resume it.
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
