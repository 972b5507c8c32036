import { fieldErrors } from '../platform/validation.ts';
import { type LineType, lineSchemas, type RecordedLine } from './format.ts';

/** A recording that does not follow the format. */
export class InvalidRecording extends Error {
  override name = 'InvalidRecording';

  constructor(
    readonly line: number,
    problem: string,
  ) {
    super(`line ${line}: ${problem}`);
  }
}

/** Reads a line by its schema. Throws {@link InvalidRecording}, which says what is wrong and what is allowed. */
export function parseLine(text: string, line: number): RecordedLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidRecording(line, `is not JSON (${(error as Error).message}); each line must be one JSON object`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidRecording(line, 'is not a JSON object; each line must be one');
  }
  const type: unknown = 'type' in value ? value.type : undefined;
  if (typeof type !== 'string' || !Object.hasOwn(lineSchemas, type)) {
    const given = type === undefined ? 'has no "type"' : `has the unknown type ${JSON.stringify(type)}`;
    throw new InvalidRecording(line, `${given}; allowed: ${Object.keys(lineSchemas).join(', ')}`);
  }
  const parsed = lineSchemas[type as LineType].safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = fieldErrors(parsed.error.issues).map(({ field, rule }) => `${field}: ${rule}`);
  const fields = Object.keys(lineSchemas[type as LineType].def.shape).join(', ');
  throw new InvalidRecording(line, `is no valid ${type}: ${problems.join('; ')}. Fields of ${type}: ${fields}`);
}
