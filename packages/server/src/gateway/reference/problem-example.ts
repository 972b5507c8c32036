import { errors, type Problem } from '@parley/protocol';

/** A refusal as the reference shows it. */
export const problemExample: Problem = {
  type: '/docs#error-invalid_request',
  title: errors.invalid_request.meaning,
  status: 400,
  detail: '/text: must have at least 1 code point',
  code: 'invalid_request',
  errors: [{ field: '/text', rule: 'must have at least 1 code point' }],
};
