import fc from 'fast-check';

/** JSON texts of values that are wrong nearly everywhere. */
const wrong = [
  ...['null', 'true', '-1', '0', '1.5', '1e999', '-1e999', '9007199254740991', '9007199254740993', '1e-320'],
  ...['""', '"a"', '"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udc00\\ud800"', '"__proto__"', '"%00"', '"\\u202e"'],
  ...[
    '[]',
    '{}',
    '[[[[]]]]',
    '[null]',
    '{"__proto__":{"administrator":true}}',
    '{"length":1}',
    '{"length":{"toString":1}}',
    '{"toString":1}',
  ],
  ...[`"${'x'.repeat(20_000)}"`, `${'['.repeat(40)}${']'.repeat(40)}`, `[${'0,'.repeat(2_500)}0]`, 'NaN', '', ','],
];
const names = ['unknown', '__proto__', 'constructor', 'toString', '', 'a/b~c', '\0', '\ud800', 'x'.repeat(300)];

/** JSON text in place of a value. */
class Raw {
  constructor(readonly json: string) {}
}

interface Step {
  at: number;
  how: 'replace' | 'remove' | 'add' | 'repeat';
  json: string;
  name: string;
}

const step: fc.Arbitrary<Step> = fc.record({
  at: fc.nat(60),
  how: fc.constantFrom('replace', 'replace', 'remove', 'add', 'repeat'),
  json: fc.constantFrom(...wrong),
  name: fc.constantFrom(...names),
});

const cuts = fc.option(fc.record({ at: fc.nat(400), put: fc.constantFrom('', '"', '}', '\\', '\0', 'ÿ', '{"') }), {
  freq: 8,
});

/** JSON texts of the values, with a few members replaced, removed, added or repeated, and sometimes cut. */
export function mutatedJson(values: fc.Arbitrary<unknown>, stepsMin = 1): fc.Arbitrary<string> {
  return fc.tuple(values, fc.array(step, { minLength: stepsMin, maxLength: 3 }), cuts).map(([value, steps, cut]) => {
    const json = steps.reduce<string>((text, each) => changed(text, each), JSON.stringify(value) ?? 'null');
    return cut === null || cut.at >= json.length ? json : json.slice(0, cut.at) + cut.put + json.slice(cut.at + 1);
  });
}

/** The text after one step; unchanged if it is no longer JSON. */
function changed(json: string, { at, how, json: other, name }: Step): string {
  const root: { value: unknown } = { value: parsed(json) };
  if (root.value === undefined) return json;
  const places = placesIn(root, 'value');
  const place = places[at % places.length];
  if (!place) return json;
  const { holder, key } = place;
  const value = holder[key];
  if (how === 'replace') holder[key] = new Raw(other);
  else if (how === 'remove' && Array.isArray(holder)) holder.splice(Number(key), 1);
  else if (how === 'remove' && holder !== root) delete holder[key];
  else if (how === 'repeat' && Array.isArray(value)) holder[key] = Array(10).fill(value).flat();
  else if (typeof value === 'object' && value !== null) define(value, name, new Raw(other));
  return written(root.value);
}

type Holder = Record<string, unknown>;

/** Every value in a value, the outermost first. */
function placesIn(holder: Holder, key: string): { holder: Holder; key: string }[] {
  const value = holder[key];
  const inner = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  return [{ holder, key }, ...inner.flatMap((name) => placesIn(value as Holder, name))];
}

function define(holder: object, name: string, value: unknown): void {
  Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function written(value: unknown): string {
  if (value instanceof Raw) return value.json;
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, each]) => `${JSON.stringify(name)}:${written(each)}`)
    .join(',')}}`;
}
