import type * as z from 'zod/mini';

type Accepts = (value: unknown) => boolean;

/** What is read of a schema or check of zod. */
interface Definition {
  type?: string;
  check?: string;
  format?: string;
  pattern?: RegExp;
  values?: unknown[];
  innerType?: Described;
  checks?: Described[];
  minimum?: number;
  maximum?: number;
  value?: number;
  inclusive?: boolean;
  tx?: (text: string) => string;
}
interface Described {
  _zod: { def: Definition; check?: (payload: { value: unknown; issues: unknown[] }) => void };
}

/**
 * Compiles the schema of a strict object to a function that tells whether the schema accepts a value that was parsed
 * from JSON, and returns it unchanged. When it returns false, the schema has to be asked: it knows the rule that is
 * broken, or changes the value.
 *
 * @throws {Error} for a schema with a rule that can't be compiled.
 */
export function compiledCheck(schema: z.ZodMiniObject): (value: object) => boolean {
  const fields = Object.entries(schema._zod.def.shape).map(([name, field]) => {
    const { def } = (field as unknown as Described)._zod;
    const isOptional = def.type === 'optional' && def.innerType !== undefined;
    return { name, isOptional, accepts: acceptsOf(isOptional && def.innerType ? def.innerType._zod.def : def) };
  });
  return (value) => {
    let known = 0;
    for (const { name, isOptional, accepts } of fields) {
      const given: unknown = Reflect.get(value, name);
      if (given === undefined) {
        if (!isOptional) return false;
      } else if (accepts(given)) known++;
      else return false;
    }
    for (const _ in value) known--;
    return known === 0;
  };
}

function acceptsOf(def: Definition): Accepts {
  const rules = [kindOf(def), ...(def.checks ?? []).flatMap(ruleOf)];
  return (value) => {
    for (const accepts of rules) if (!accepts(value)) return false;
    return true;
  };
}

function kindOf({ type, check, format, pattern, values }: Definition): Accepts {
  if (type === 'literal' && values) return (value) => values.includes(value);
  if (type === 'string' && pattern) return (value) => typeof value === 'string' && pattern.test(value);
  if (type === 'string' && check === undefined) return (value) => typeof value === 'string';
  if (type === 'number' && format === 'safeint') return (value) => Number.isSafeInteger(value);
  throw new Error(`a value of type ${type} and format ${format} can't be compiled`);
}

/** The rule of a check; none for one that only describes. Applied to values of the right kind. */
function ruleOf({ _zod: { def, check: run } }: Described): Accepts[] {
  const { check, minimum = 0, maximum = 0, value: bound = 0, inclusive, pattern, tx } = def;
  switch (check) {
    case 'meta':
      return [];
    case 'min_length':
      return [(value) => (value as string).length >= minimum];
    case 'max_length':
      return [(value) => (value as string).length <= maximum];
    case 'greater_than':
      return [(value) => (inclusive ? Number(value) >= bound : Number(value) > bound)];
    case 'string_format':
      if (pattern) return [(value) => pattern.test(value as string)];
      break;
    case 'overwrite':
      if (tx) return [(value) => tx(value as string) === value];
      break;
    case 'custom':
      if (run) return [(value) => finds(run, value) === 0];
  }
  throw new Error(`the rule ${check} can't be compiled`);
}

function finds(run: NonNullable<Described['_zod']['check']>, value: unknown): number {
  const issues: unknown[] = [];
  run({ value, issues });
  return issues.length;
}
