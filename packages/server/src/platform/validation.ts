import type { FieldError } from '@parley/protocol';
import * as z from 'zod/mini';
import { Refusal } from './failures.ts';

// zod/mini has no messages of its own.
z.config(z.locales.en());

/** More violated rules than this are omitted, so that the size of a response does not depend on the request. */
const errorsMax = 20;
/** An unknown field name is repeated up to this length. */
const nameMax = 100;

/** The first rules that an input violates, each with the field as a JSON Pointer (RFC 6901). */
export function fieldErrors(issues: readonly z.core.$ZodIssue[], base = ''): FieldError[] {
  const at = (path: readonly PropertyKey[]) => base + path.map(pointerPart).join('') || '/';
  const errors = issues.slice(0, errorsMax).flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [{ field: at(issue.path), rule: issue.message }];
    const keys = issue.keys.slice(0, errorsMax);
    return keys.map((key) => ({ field: at([...issue.path, key]), rule: 'is not a field here' }));
  });
  return errors.slice(0, errorsMax);
}

function pointerPart(part: PropertyKey): string {
  const name = String(part);
  const shown = name.length > nameMax ? `${name.slice(0, nameMax).toWellFormed()}…` : name;
  return `/${shown.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The refusal that names every violated rule. */
export function invalidRequest(errors: FieldError[]): Refusal {
  const detail = errors.map(({ field, rule }) => `${field}: ${rule}`).join('; ');
  return new Refusal('invalid_request', detail, { errors });
}
