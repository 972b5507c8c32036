import { formatVersion, type NewLine } from './format.ts';

/** Writes the lines of a recording, with the time of one monotonic clock. */
export class Recorder {
  constructor(
    private readonly write: (line: string) => void,
    private readonly monotonicMs: () => number,
    options: { slackMs?: number } = {},
  ) {
    write(JSON.stringify({ type: 'recording', version: formatVersion, ...options }));
  }

  record(line: NewLine): void {
    const { type, ...fields } = line;
    this.write(JSON.stringify({ type, timeMs: this.monotonicMs(), ...fields }));
  }
}
