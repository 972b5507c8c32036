import type { FieldError } from '@parley/protocol';
import * as z from 'zod/mini';
import { Refusal } from './failures.ts';

// zod/mini carries no messages of its own.
z.config(z.locales.en());

/** What an input breaks, each with the field as a JSON Pointer (RFC 6901). */
export function fieldErrors(issues: readonly z.core.$ZodIssue[], base = ''): FieldError[] {
  return issues.flatMap((issue) => {
    const at = (path: readonly PropertyKey[]) => base + path.map(pointerPart).join('') || '/';
    if (issue.code !== 'unrecognized_keys') return [{ field: at(issue.path), rule: issue.message }];
    return issue.keys.map((key) => ({ field: at([...issue.path, key]), rule: 'is not a field here' }));
  });
}

function pointerPart(part: PropertyKey): string {
  return `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The refusal that names every broken rule. */
export function invalidRequest(errors: FieldError[]): Refusal {
  const detail = errors.map(({ field, rule }) => `${field}: ${rule}`).join('; ');
  return new Refusal('invalid_request', detail, { errors });
}
