import * as z from 'zod/mini';
import { codePointLength } from './code-points.ts';
import { limits } from './limits.ts';
import { brokenNameRule } from './names.ts';

const CONTROL = /\p{Cc}/u;
/** {@link CONTROL} as a pattern for JSON Schema. */
const linePattern = '^[^\\u0000-\\u001f\\u007f-\\u009f]*$';

/** The rule that a text of `min` to `max` code points breaks; undefined if it is valid. */
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

/** A {@link textOf} without control characters and line breaks. */
function lineOf(min: number, max: number) {
  return textOf(min, max).check(
    z.refine((text) => !CONTROL.test(text), { error: 'must not contain control characters or line breaks' }),
    z.meta({ pattern: linePattern }),
  );
}

/** The text of a message: 1 to 10,000 code points, stored and returned unchanged. */
export const Text = textOf(1, limits.textCodePoints).check(
  z.meta({ description: 'Well-formed Unicode without NUL. Stored unchanged; not markup.' }),
);

export const Username = z
  .string()
  .check(
    z.minLength(limits.usernameMinLength),
    z.maxLength(limits.usernameMaxLength),
    z.regex(/^[A-Za-z0-9._-]+$/, { error: 'may contain only a–z, 0–9, ".", "_" and "-"' }),
    z.meta({ description: 'Unique; case does not matter.' }),
  );

/** A new name: a single line with at least one visible character. */
function nameOf(max: number) {
  return textOf(1, max).check(
    z.superRefine((name, context) => {
      const message = brokenNameRule(name);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    }),
    z.meta({
      pattern: linePattern,
      description:
        'Has at least one letter, digit, sign or emoji, and no characters that change the direction of text.',
    }),
  );
}

/** A stored name, which may have been accepted before a rule was added. */
export const DisplayName = lineOf(1, limits.displayNameCodePoints);
export const NewDisplayName = nameOf(limits.displayNameCodePoints);
export const Password = textOf(limits.passwordMinCodePoints, limits.passwordMaxCodePoints);
/** A password at log-in. One that is not allowed as a new password is wrong, not malformed. */
export const PasswordAttempt = textOf(0, limits.passwordMaxCodePoints);
export const DeviceName = lineOf(1, limits.deviceNameCodePoints);
export const NewDeviceName = nameOf(limits.deviceNameCodePoints);
export const ConversationName = lineOf(1, limits.conversationNameCodePoints);
export const NewConversationName = nameOf(limits.conversationNameCodePoints);
export const Description = textOf(0, limits.descriptionCodePoints);
export const SearchQuery = lineOf(1, limits.searchCodePoints);

/** Chosen by the client for each message. The SDK uses UUIDs. */
export const ClientMessageId = z
  .string()
  .check(
    z.minLength(1),
    z.maxLength(limits.clientMessageIdLength),
    z.regex(/^[\x21-\x7e]+$/, { error: 'may contain only printable ASCII without spaces' }),
    z.meta({ description: 'Unique per message of the sender in the conversation (contract 2).' }),
  );

/** Chosen by the client for each amendment. */
export const AmendmentId = ClientMessageId.check(
  z.meta({ description: 'Unique per amendment of the user in the conversation.' }),
);
