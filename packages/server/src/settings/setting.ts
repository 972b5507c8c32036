import * as z from 'zod/mini';

/** A setting: the form of its text, and its meaning. */
export interface Setting<Value> {
  schema: z.ZodMiniType<Value>;
  default: string;
  /** The default in a cluster, if it differs. */
  clusterDefault?: string;
  meaning: string;
  /** Whether its text may contain a password, which messages must not show. */
  secret?: true;
}

export function setting<Value>(
  schema: z.ZodMiniType<Value>,
  defaultText: string,
  meaning: string,
  more: Pick<Setting<Value>, 'clusterDefault' | 'secret'> = {},
): Setting<Value> {
  return { schema, default: defaultText, meaning, ...more };
}

export function whole(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.pipe(
    z.string().check(z.regex(/^\d{1,12}$/, { error })),
    z.pipe(
      z.transform((text: string) => Number(text)),
      z.int().check(z.refine((n) => n >= min && n <= max, { error })),
    ),
  );
}

export function oneOf<const Choices extends readonly [string, ...string[]]>(choices: Choices) {
  return z.enum(choices, { error: `must be one of: ${choices.join(', ')}` });
}

export const list = z.pipe(z.string(), z.transform(listed));

/** The items of a text, which commas separate. */
export function listed(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

export const path = z.string().check(z.minLength(1, { error: 'must not be empty' }));

/** Settings by name. */
export type SettingsTable = Readonly<Record<string, Setting<unknown>>>;

/** The validated values of settings. */
export type ConfigOf<Table extends SettingsTable> = { [Name in keyof Table]: z.output<Table[Name]['schema']> };
