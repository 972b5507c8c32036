import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Unusable } from '../platform/failures.ts';
import { Checker } from './checker.ts';
import { excerptOf, type LineReader, type NumberedLine } from './excerpt.ts';
import { type Finding, rules } from './finding.ts';
import { InvalidRecording, parseLine } from './parse-line.ts';

/** A violation of the contract, with the smallest part of the recording that shows it. */
export interface Violation extends Finding {
  /** The number of the contract. */
  contract: number;
  excerpt: NumberedLine[];
}

export interface CheckedRecording {
  lines: number;
  conversations: number;
  /** The first violations. */
  violations: Violation[];
  violationCount: number;
}

/** Checks a recording. Throws {@link InvalidRecording} at the first line that does not follow the format. */
export async function checkRecording(read: LineReader): Promise<CheckedRecording> {
  const checker = new Checker();
  for await (const text of read()) checker.take(parseLine(text, checker.lineCount + 1));
  checker.end();
  const violations: Violation[] = [];
  for (const finding of checker.findings) {
    violations.push({ ...finding, contract: rules[finding.rule], excerpt: await excerptOf(finding, read) });
  }
  return {
    ...{ lines: checker.lineCount, conversations: checker.conversationCount },
    ...{ violations, violationCount: checker.findingCount },
  };
}

/** Checks a file. Throws {@link Unusable} if it can't be read or does not follow the format. */
export async function checkRecordingFile(file: string): Promise<CheckedRecording> {
  try {
    return await checkRecording(() =>
      createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY }),
    );
  } catch (cause) {
    if (cause instanceof InvalidRecording) throw new Unusable(`${file}: ${cause.message}`, { cause });
    if (cause instanceof Error && 'code' in cause)
      throw new Unusable(`can't read ${file}: ${cause.message}`, { cause });
    throw cause;
  }
}
