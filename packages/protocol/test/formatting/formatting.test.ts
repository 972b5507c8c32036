import { describe, expect, test } from 'bun:test';
import naughtyStrings from 'big-list-of-naughty-strings';
import fc from 'fast-check';
import { fuzzed } from '../../../server/test/fuzz/parameters.ts';
import { formatted, plainText } from '../../src/formatting/index.ts';
import { depthOf, outline } from './parts.ts';

describe('emphasis', () => {
  test.each([
    ['*a b*', 'i{a b}'],
    ['_a b_', 'i{a b}'],
    ['**a b**', 'b{a b}'],
    ['***a b***', 'i{b{a b}}'],
    ['~~a b~~', 's{a b}'],
    ['**a *b* c**', 'b{a i{b} c}'],
    ['*a **b** c*', 'i{a b{b} c}'],
    ['***a** b*', 'i{b{a} b}'],
    ['***a* b**', 'b{i{a} b}'],
    ['**a *b***', 'b{a i{b}}'],
    ['**_~~a~~_**', 'b{i{s{a}}}'],
    ['(*a*), "**b**": ~~c~~!', '(i{a}), "b{b}": s{c}!'],
    ['*a\nb*', 'i{a\nb}'],
    ['**`a*b`**', 'b{c{a*b}}'],
    ['**5 %** and *$5*', 'b{5 %} and i{$5}'],
    ['**C++** *#tag* **@ana**', 'b{C++} i{#tag} b{@ana}'],
    ['**a**/**b**', 'b{a}/b{b}'],
    ['👍*great*👍', '👍i{great}👍'],
    ['**👍**', 'b{👍}'],
    ['¿*qué*? «*quoi*» „*Wort*“', '¿i{qué}? «i{quoi}» „i{Wort}“'],
  ])('%j is %s', (text, expected) => {
    expect(outline(text)).toBe(expected);
  });

  test.each([
    ['这是**重点**内容', '这是b{重点}内容'],
    ['**「重点」**内容', 'b{「重点」}内容'],
    ['これは*大事*です。', 'これはi{大事}です。'],
    ['**강조**는', 'b{강조}는'],
    ['นี่**สำคัญ**มาก', 'นี่b{สำคัญ}มาก'],
    ['هذا **مهم** جدا', 'هذا b{مهم} جدا'],
    ['זה *חשוב*!', 'זה i{חשוב}!'],
    ['यह **ज़रूरी** है', 'यह b{ज़रूरी} है'],
  ])('in scripts with and without spaces: %j', (text, expected) => {
    expect(outline(text)).toBe(expected);
  });

  test('in bold may be a part of a word', () => {
    expect(outline('un**believ**able, the **node**s')).toBe('unb{believ}able, the b{node}s');
    expect(outline('**two words**s x**n + y**n')).toBe('**two words**s x**n + y**n');
  });

  test('has no blank line in it', () => {
    expect(outline('*a\n\nb*')).toBe('*a\n\nb*');
    expect(outline('**a\r\n \r\nb**')).toBe('**a\r\n \r\nb**');
  });
});

describe('what people write without thinking of formatting stays as it is', () => {
  test.each([
    'snake_case_names and _private_name',
    '__init__ and __name__.py',
    '2*3*4 = 24',
    '2**3**4',
    'a * b * c',
    'a *b and c *d',
    'x**2 + y**2',
    'n*(n-1)*(n-2)',
    '(a)*(b)*(c)',
    '5* and 4* hotels',
    '*correction',
    '*.ts *.js',
    'rm *.log, x/*',
    '**/*.ts, **/*.js, a/*/b/*',
    '/* comment */ and /*another*/',
    '/** doc */',
    'grep .*foo.* file',
    'f(*args, **kwargs)',
    'int *a, **b; char *c;',
    'SELECT * FROM t WHERE a.* > 1',
    'C:\\_temp_\\*old*\\file_*.txt',
    '\\*not italic\\*',
    '/srv/_drafts_/a_b_c',
    'first_last_@example.org',
    'hello @_ana_ and #_general_',
    '¯\\_(ツ)_/¯',
    '*_* wow *_*',
    '^_^ hello ^_^',
    '>_< ow >_<',
    '-_- ok -_-',
    '(*^_^*) (>_<) (o_o) T_T ._. =_= *-* hi *-*',
    ':* kiss :*',
    '>:( >:-) >.< >100 >>:(',
    '~5 or ~6, ~/a ~b~',
    '哈哈~~好的~~',
    'はい~そうです~',
    '报告_最终_版.doc',
    '*** ** * _ __ ~~ ~~~~',
    '****a****',
    '** a ** and * b *',
    '---',
    '* * *',
    '- - -',
    '- ',
    '>',
    '>>>',
    '> \n>',
    '# no heading',
    '#channel',
    '===\na\n===',
    '1.5 litres, 10.30 Uhr, 1.',
    '1234567890. ten digits',
    '+ 5',
    '<b>no HTML</b> &amp; <!-- no -->',
    '| a | b |\n|---|---|',
    '    four spaces',
    'a  \nb',
    '[a] [b]: c',
    '\u202e*\u202c',
    '*\u200b*',
  ])('%j', (text) => {
    expect(outline(text)).toBe(text);
  });

  test('markers without a counterpart, and markers in code', () => {
    for (const text of ['*a', 'a*', '**a*', '_a', '~~a~', '*a_', '**a__', 'a `b']) expect(outline(text)).toBe(text);
    expect(outline('*a `b* c`')).toBe('*a c{b* c}');
    expect(outline('`*a*` `_b_` `~~c~~`')).toBe('c{*a*} c{_b_} c{~~c~~}');
    expect(outline('```\n*a*\n> b\n- c\n```')).toBe('C(*a*\n> b\n- c)');
  });
});

describe('a quote', () => {
  test.each([
    ['> a', 'Q(a)'],
    ['> a\n> b\nc', 'Q(a\nb)|c'],
    ['a\n> b', 'a|Q(b)'],
    ['> a\n>\n> b', 'Q(a\n\nb)'],
    ['>> a\n> b', 'Q(Q(a)|b)'],
    ['> > > a', 'Q(Q(Q(a)))'],
    ['> **a**\r\n> - b', 'Q(b{a}|L(–(b)))'],
    ['> ```ts\n> a\n> ```', 'Q(Cts(a))'],
    ['> a\n\n> b', 'Q(a)||Q(b)'],
    ['  > a', 'Q(a)'],
    ['> *a\n> b*', 'Q(i{a\nb})'],
  ])('%j', (text, expected) => {
    expect(outline(text)).toBe(expected);
  });

  test('needs a blank after its mark', () => {
    for (const text of ['>a', '>:(', '>_<', '>100', '->', 'a > b', '    > a']) expect(outline(text)).toBe(text);
  });
});

describe('a list', () => {
  test.each([
    ['- a\n- b', 'L(–(a)–(b))'],
    ['* a\n* *b*', 'L(•(a)•(i{b}))'],
    ['1. a\n2. b', 'L(1.(a)2.(b))'],
    ['7) a\n7) b', 'L(7)(a)7)(b))'],
    ['3. Mai', 'L(3.(Mai))'],
    ['0. a\n5. b\n2. c', 'L(0.(a)5.(b)2.(c))'],
    ['- a\n  - b\n    - c\n- d', 'L(–(a|L(–(b|L(–(c)))))–(d))'],
    ['1. a\n   - b\n2. c', 'L(1.(a|L(–(b)))2.(c))'],
    ['- a\n  b\nc', 'L(–(a\nb))|c'],
    ['- a\n1. b', 'L(–(a))|L(1.(b))'],
    ['1. a\n\n2. b', 'L(1.(a))||L(2.(b))'],
    ['- a\n\n  b', 'L(–(a\n\nb))'],
    ['- ```\n  a\n\n    b\n  ```\n- c', 'L(–(C(a\n\n  b))–(c))'],
    ['- > a\n  > b', 'L(–(Q(a\nb)))'],
    ['-\ta\n\t- b', 'L(–(a|L(–(b))))'],
    ['text\n- a\ntext', 'text|L(–(a))|text'],
    ['- [ ] a\n- [x] b', 'L(–([ ] a)–([x] b))'],
  ])('%j', (text, expected) => {
    expect(outline(text)).toBe(expected);
  });
});

describe('hostile text', () => {
  test('of any kind is kept: without formatting, the parts are the text', () => {
    const hasMarker = /[*_~`>\-\d[]|:\/\//;
    const same = (text: string) => {
      if (!hasMarker.test(text)) expect(outline(text)).toBe(text);
    };
    for (const text of naughtyStrings) same(text);
    fc.assert(fc.property(fc.string({ unit: 'binary' }), same), fuzzed(100));
  });

  test('loses nothing but markers and indentation, and is nested to a small depth', () => {
    const pieces = [
      '*',
      '**',
      '***',
      '_',
      '~~',
      '`',
      '```',
      '> ',
      '>',
      '- ',
      '1. ',
      '  ',
      '\n',
      '\r\n',
      '\n\n',
      '[',
      '](',
      ')',
    ];
    const unit = fc.oneof(
      ...[...pieces, 'a', 'b c', '.', '😀', '中', '\u202e', 'https://a.b/c'].map((piece) => fc.constant(piece)),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 60 }), (units) => {
        const text = units.join('');
        const blocks = formatted(text);
        const letters = (of: string) => of.replaceAll(/[^a-c.😀中\u202e]/gu, '');
        // The info string of a fence and the address of a link are not in the plain text.
        if (!text.includes('```') && !text.includes('~~~') && !text.includes(']('))
          expect(letters(plainText(blocks)).replaceAll('.', '')).toBe(letters(text).replaceAll('.', ''));
        expect(depthOf(blocks)).toBeLessThanOrEqual(20);
      }),
      fuzzed(2_000),
    );
  });
});

describe('plain text', () => {
  test.each([
    ['**Lunch** at _noon_, ~~not~~ `1 pm`?', 'Lunch at noon, not 1 pm?'],
    ['> are you there?\nyes', 'are you there?\nyes'],
    ['- milk\n- *eggs*\n  - six', '– milk\n– eggs\n– six'],
    ['3. a\n4. b', '3. a\n4. b'],
    ['see [the plan](https://example.org/a)', 'see the plan'],
    ['```ts\nlet a;\n```', 'let a;'],
    ['a\n\n- b', 'a\n\n– b'],
    ['2*3*4 snake_case', '2*3*4 snake_case'],
  ])('of %j is %j', (text, plain) => {
    expect(plainText(formatted(text))).toBe(plain);
  });
});
