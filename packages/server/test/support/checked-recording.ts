import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkRecordingFile } from '../../src/checker/check-recording.ts';
import { Recorder } from '../../src/checker/recorder.ts';

/** A recording that a test makes of its clients and gives to the checker. */
export class CheckedRecording {
  readonly recorder: Recorder;
  private readonly folder = mkdtempSync(join(tmpdir(), 'parley-recording-'));
  private readonly file = join(this.folder, 'recording.jsonl');
  private readonly writer = Bun.file(this.file).writer();
  /** Whether the file is kept, because it shows a violation. */
  private isKept = false;
  private hasEnded = false;

  constructor() {
    const write = (line: string) => {
      if (!this.hasEnded) this.writer.write(`${line}\n`);
    };
    this.recorder = new Recorder(write, () => performance.now());
  }

  /** Rejects with the violations of the contract if there are any. More may be recorded and checked again. */
  async mustHold(): Promise<void> {
    await this.writer.flush();
    const { violations, violationCount } = await checkRecordingFile(this.file);
    if (violationCount === 0) return;
    this.isKept = true;
    const shown = violations.map(({ contract, rule, what, excerpt }) => {
      const lines = excerpt.map(({ number, text }) => `  line ${number} ${text.slice(0, 2_000)}`);
      return [`contract ${contract}, ${rule}: ${what}`, ...lines].join('\n');
    });
    throw new Error([`${violationCount} violations in ${this.file}:`, ...shown].join('\n'));
  }

  /** Checks the recording like {@link mustHold}, then ends it. */
  async finish(): Promise<void> {
    await this.mustHold();
    await this.remove();
  }

  /** Records nothing more, and removes the file unless it shows a violation. */
  async remove(): Promise<void> {
    if (this.hasEnded) return;
    this.hasEnded = true;
    await this.writer.end();
    if (!this.isKept) rmSync(this.folder, { recursive: true, force: true });
  }
}
