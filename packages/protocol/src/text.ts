import * as z from 'zod/mini';
import { codePointLength } from './code-points.ts';
import { limits } from './limits.ts';
import { brokenNameRule } from './names.ts';

const CONTROL = /\p{Cc}/u;
/** The same for JSON Schema, whose patterns are those of JavaScript. */
const linePattern = '^[^\\u0000-\\u001f\\u007f-\\u009f]*$';

/** What is wrong with a text of `min` to `max` code points, as a rule that it breaks; undefined when nothing is. */
function brokenTextRule(text: string, min: number, max: number): string | undefined {
  if (!text.isWellFormed()) return 'must be well-formed Unicode, without lone surrogates';
  if (text.includes('\0')) return 'must not contain NUL (U+0000)';
  const length = text.length <= max && text.length > min * 2 ? text.length : codePointLength(text);
  if (length < min) return `must have at least ${min} code point${min === 1 ? '' : 's'}`;
  if (length > max) return `must have at most ${max.toLocaleString('en')} code points`;
  return undefined;
}

function textOf(min: number, max: number) {
  return z.string().check(
    z.superRefine((text, context) => {
      const message = brokenTextRule(text, min, max);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    }),
    z.meta({ minLength: min, maxLength: max, pattern: '^[^\\u0000]*$' }),
  );
}

/** A single-line text: a {@link textOf} without control characters. */
function lineOf(min: number, max: number) {
  return textOf(min, max).check(
    z.refine((text) => !CONTROL.test(text), { error: 'must not contain control characters or line breaks' }),
    z.meta({ pattern: linePattern }),
  );
}

/** A message's text: 1 to 10,000 code points, stored and returned as it came. */
export const Text = textOf(1, limits.textCodePoints).check(
  z.meta({ description: 'Well-formed Unicode without NUL. Kept byte for byte; never markup.' }),
);

export const Username = z
  .string()
  .check(
    z.minLength(limits.usernameMinLength),
    z.maxLength(limits.usernameMaxLength),
    z.regex(/^[A-Za-z0-9._-]+$/, { error: 'may contain only a–z, 0–9, ".", "_" and "-"' }),
    z.meta({ description: 'Unique without regard to case.' }),
  );

/** A name that somebody chooses: a single line that shows something. */
function nameOf(max: number) {
  return textOf(1, max).check(
    z.superRefine((name, context) => {
      const message = brokenNameRule(name);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    }),
    z.meta({
      pattern: linePattern,
      description: 'Shows at least one letter, digit, sign or emoji; nothing in it turns the direction of text.',
    }),
  );
}

/** A name as it is read: what was taken before a rule came stays readable. */
export const DisplayName = lineOf(1, limits.displayNameCodePoints);
export const NewDisplayName = nameOf(limits.displayNameCodePoints);
export const Password = textOf(limits.passwordMinCodePoints, limits.passwordMaxCodePoints);
/** A password as given at log-in: one that was never allowed is simply wrong, not malformed. */
export const PasswordAttempt = textOf(0, limits.passwordMaxCodePoints);
export const DeviceName = lineOf(1, limits.deviceNameCodePoints);
export const NewDeviceName = nameOf(limits.deviceNameCodePoints);
export const ConversationName = lineOf(1, limits.conversationNameCodePoints);
export const NewConversationName = nameOf(limits.conversationNameCodePoints);
export const Description = textOf(0, limits.descriptionCodePoints);
export const SearchQuery = lineOf(1, limits.searchCodePoints);

/** Chosen by the client, one for each message; the SDK uses UUIDs. */
export const ClientMessageId = z
  .string()
  .check(
    z.minLength(1),
    z.maxLength(limits.clientMessageIdLength),
    z.regex(/^[\x21-\x7e]+$/, { error: 'may contain only printable ASCII without spaces' }),
    z.meta({ description: 'Unique for each message of this sender in this conversation, forever (contract 2).' }),
  );
