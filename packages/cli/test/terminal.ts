import { Terminal } from '@xterm/headless';
import type { Subprocess } from 'bun';

const patienceMs = 100_000;
/** What a program writes between the two is a frame, which terminals show at once. */
const [frameBegin, frameEnd] = ['\u001b[?2026h', '\u001b[?2026l'];

/** A program in a pseudo-terminal of 80×24 cells, whose screen can be read. The screen has whole frames only. */
export class TerminalProgram {
  private readonly screen = new Terminal({ cols: 80, rows: 24, allowProposedApi: true });
  private readonly child: Subprocess;
  private wake: () => void = () => undefined;
  /** The begin of a frame of which the rest has not arrived. */
  private unfinished = new Uint8Array(0);
  /** Whether all output has been written to the screen. */
  private isClosed = false;

  constructor(command: readonly string[], environment: Record<string, string> = {}) {
    // In CI, Ink draws only once, at the end.
    const { CI: _, CONTINUOUS_INTEGRATION: __, ...inherited } = process.env;
    this.child = Bun.spawn([...command], {
      env: { ...inherited, TERM: 'xterm-256color', ...environment },
      terminal: {
        cols: 80,
        rows: 24,
        data: (_terminal, data) => this.receive(data),
        exit: () => {
          this.screen.write(this.unfinished, () => {
            this.isClosed = true;
            this.wake();
          });
        },
      },
    });
  }

  private receive(data: Uint8Array): void {
    const arrived = Buffer.concat([this.unfinished, data]);
    const end = endOfFrames(arrived.toString('latin1'));
    this.unfinished = Uint8Array.from(arrived.subarray(end));
    this.screen.write(arrived.subarray(0, end), () => this.wake());
  }

  /** The lines of the screen, without trailing blanks. */
  get lines(): string[] {
    const { active } = this.screen.buffer;
    return Array.from({ length: 24 }, (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? '');
  }

  get text(): string {
    return this.lines.join('\n');
  }

  /** The styles in which the first character of a text is shown; null if it is not on the screen. */
  stylesOf(text: string): string[] | null {
    const { active } = this.screen.buffer;
    const row = this.lines.findIndex((line) => line.includes(text));
    const cell = active.getLine(active.baseY + row)?.getCell(this.lines[row]?.indexOf(text) ?? 0);
    if (row < 0 || !cell) return null;
    const styles = {
      bold: cell.isBold(),
      italic: cell.isItalic(),
      strike: cell.isStrikethrough(),
      dim: cell.isDim(),
      coloured: !cell.isFgDefault(),
    };
    return Object.entries(styles).flatMap(([name, isOn]) => (isOn ? [name] : []));
  }

  /** Types these keys. */
  type(keys: string): void {
    this.child.terminal?.write(keys);
  }

  /** Resolves when the screen shows the text; rejects when the program exits without it, or does not show it in time. */
  async shows(wanted: string | RegExp): Promise<void> {
    const fits = () => (typeof wanted === 'string' ? this.text.includes(wanted) : wanted.test(this.text));
    const endMs = performance.now() + patienceMs;
    while (!fits()) {
      if (this.isClosed) throw new Error(`the program exited and did not show ${wanted}, but:\n${this.text}`);
      const leftMs = endMs - performance.now();
      if (leftMs <= 0)
        throw new Error(`the program did not show ${wanted} within ${patienceMs} ms, but:\n${this.text}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  get exited(): Promise<number> {
    return this.child.exited;
  }

  kill(): void {
    this.child.kill();
  }
}

/** The length of the output without a frame at the end that is not complete. */
function endOfFrames(output: string): number {
  const begin = output.lastIndexOf(frameBegin);
  if (begin > output.lastIndexOf(frameEnd)) return begin;
  const last = output.lastIndexOf(frameBegin.charAt(0));
  return last >= 0 && frameBegin.startsWith(output.slice(last)) ? last : output.length;
}
