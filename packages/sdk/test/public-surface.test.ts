import { describe, expect, test } from 'bun:test';
import { type Class, type Node, parseSync } from 'oxc-parser';

/** A statement that declares something, and the module that it stands in. */
interface Declaration {
  node: Node;
  module: Module;
}

interface Module {
  declarations: Map<string, Node>;
  /** The names that it imports from other modules of the SDK. */
  imported: Set<string>;
  exports: { name: string; local: string; source: string; isType: boolean }[];
}

const source = (path: string) => new URL(`../src/${path}`, import.meta.url);

async function moduleOf(path: string): Promise<Module> {
  const { program } = parseSync(path, await Bun.file(source(path)).text());
  const module: Module = { declarations: new Map(), imported: new Set(), exports: [] };
  for (const statement of program.body) {
    const declared = 'declaration' in statement && statement.declaration ? statement.declaration : statement;
    if ('id' in declared && declared.id?.type === 'Identifier') module.declarations.set(declared.id.name, declared);
    if (statement.type === 'ImportDeclaration' && statement.source.value.startsWith('.')) {
      for (const { local } of statement.specifiers) module.imported.add(local.name);
    }
    if (statement.type !== 'ExportNamedDeclaration' || !statement.source) continue;
    for (const { local, exported, exportKind } of statement.specifiers) {
      if (local.type !== 'Identifier' || exported.type !== 'Identifier') throw new Error('an export is quoted');
      const isType = statement.exportKind === 'type' || exportKind === 'type';
      module.exports.push({ name: exported.name, local: local.name, source: statement.source.value, isType });
    }
  }
  return module;
}

const index = await moduleOf('index.ts');

/** What the SDK itself declares of its exports, by exported name. */
const declarations = new Map<string, Declaration>();
for (const { name, local, source: from } of index.exports) {
  if (!from.startsWith('.')) continue;
  const module = await moduleOf(from.slice(2));
  const node = module.declarations.get(local);
  if (!node) throw new Error(`${from} does not declare ${local}`);
  declarations.set(name, { node, module });
}

function isPublic(node: Node): boolean {
  if ('key' in node && node.key?.type === 'PrivateIdentifier') return false;
  return !('accessibility' in node) || !node.accessibility || node.accessibility === 'public';
}

/** The members of a class that a caller can use; parameters of the constructor that are members among them. */
function publicMembersOf({ body }: Class): { name: string; node: Node }[] {
  return body.body.flatMap((element) => {
    if (!('key' in element)) return [];
    if (element.type === 'MethodDefinition' && element.kind === 'constructor') {
      return element.value.params.flatMap((parameter) => {
        if (parameter.type !== 'TSParameterProperty' || !isPublic(parameter)) return [];
        const { parameter: inner } = parameter;
        const given = inner.type === 'AssignmentPattern' ? inner.left : inner;
        return given.type === 'Identifier' ? [{ name: given.name, node: parameter as Node }] : [];
      });
    }
    if (element.key.type !== 'Identifier' || !isPublic(element)) return [];
    return [{ name: element.key.name, node: element as Node }];
  });
}

/** The members of an interface, and the names that tell the members of a union apart. */
function namesIn(node: Node): string[] {
  if (node.type === 'ClassDeclaration') return publicMembersOf(node).map(({ name }) => name);
  if (node.type === 'TSInterfaceDeclaration') return node.body.body.flatMap(signatureName);
  if (node.type !== 'TSTypeAliasDeclaration' || node.typeAnnotation.type !== 'TSUnionType') return [];
  return node.typeAnnotation.types.flatMap((type) => {
    if (type.type === 'TSLiteralType') return literal(type);
    if (type.type !== 'TSTypeLiteral') return [];
    const [first] = type.members;
    return first?.type === 'TSPropertySignature' ? literal(first.typeAnnotation?.typeAnnotation) : [];
  });
}

function signatureName(signature: Node): string[] {
  return 'key' in signature && signature.key?.type === 'Identifier' ? [signature.key.name] : [];
}

function literal(type: Node | undefined): string[] {
  return type?.type === 'TSLiteralType' && type.literal.type === 'Literal' ? [String(type.literal.value)] : [];
}

/** The types in the public signatures of the exports. */
function typesIn(node: unknown, withConstructor: boolean): string[] {
  if (typeof node !== 'object' || node === null) return [];
  if (Array.isArray(node)) return node.flatMap((each) => typesIn(each, withConstructor));
  const each = node as Node;
  if (each.type === 'BlockStatement') return [];
  if (each.type === 'MethodDefinition' && each.kind === 'constructor' && !withConstructor) return [];
  if (!isPublic(each) && each.type !== 'TSParameterProperty') return [];
  // The initial value of a property is no part of its type.
  const parts = each.type === 'PropertyDefinition' ? [each.typeAnnotation] : Object.values(each);
  const own = each.type === 'TSTypeReference' && each.typeName.type === 'Identifier' ? [each.typeName.name] : [];
  return [...own, ...parts.flatMap((part) => typesIn(part, withConstructor))];
}

const readme = await Bun.file(new URL('../README.md', import.meta.url)).text();
const [, section = ''] = /\n## Exports\n(.*?)(?=\n## |$)/s.exec(readme) ?? [];
const namesOf = (cell = '') => [...cell.matchAll(/`(\w[\w-]*)`/g)].map(([, name = '']) => name);
/** The rows of the tables of the section: name, members. */
const listed = new Map(
  section
    .split('\n')
    .map((line) => line.split('|'))
    .flatMap(([, name, members]) => namesOf(name).map((each): [string, string[]] => [each, namesOf(members).sort()])),
);

test('the README lists exactly what the SDK exports', () => {
  expect([...listed.keys()].sort()).toEqual(index.exports.map(({ name }) => name).sort());
});

describe('the README lists exactly the public members of', () => {
  test.each([...declarations.keys()])('%s', (name) => {
    const { node } = declarations.get(name) as Declaration;
    expect(listed.get(name)).toEqual([...new Set(namesIn(node))].sort());
  });
});

test('every type in a public signature is exported, or comes from the protocol or the platform', () => {
  const exported = new Set(index.exports.map(({ local }) => local));
  const missing = [...declarations].flatMap(([name, { node, module }]) => {
    const isType = index.exports.find((each) => each.name === name)?.isType ?? false;
    const own = new Set(module.declarations.keys());
    return typesIn(node, !isType)
      .filter((type) => (own.has(type) || module.imported.has(type)) && !exported.has(type))
      .map((type) => `${name} uses ${type}`);
  });
  expect(missing).toEqual([]);
});

test('every public method of the client, its conversations and its messages is described above the list', () => {
  const [above = ''] = readme.split('\n## Exports\n');
  const described = new Set([...above.matchAll(/`[^`\n]+`/g)].flatMap(([code]) => code.match(/\w+/g) ?? []));
  const names = ['ParleyClient', 'Conversation', 'Conversations', 'People', 'OutgoingMessage', 'ClientOptions'];
  const missing = names.flatMap((name) => listed.get(name)?.filter((member) => !described.has(member)) ?? [name]);
  expect(missing).toEqual([]);
});
