// Checks imports between source files, of values and of types, against the order of the parts.
import { dirname, join, posix } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';

/**
 * Reports imports that go up or sideways in `order` (see part-order.mjs), import cycles, files of a listed package that
 * are in no part, and parts without files.
 *
 * @param {readonly { path: string, text: string }[]} files sources, with paths relative to the repository
 * @param {Record<string, string[][]>} order
 */
export function importFaults(files, order) {
  const imports = new Map(files.map((file) => [file.path, importedFiles(file)]));
  const upward = Object.entries(order).flatMap(([sourceFolder, levels]) => {
    const inside = [...imports].filter(([path]) => path.startsWith(`${sourceFolder}/`));
    return orderFaults(sourceFolder, levels, new Map(inside));
  });
  return [...upward, ...cycles(imports).map(cycleFault)];
}

/** The files of the repository that a file imports, by any form of import or export. */
function importedFiles({ path, text }) {
  const imported = new Set();
  const add = ({ source }) => {
    if (source?.value?.startsWith('.')) imported.add(posix.join(dirname(path), source.value));
  };
  new Visitor({
    ImportDeclaration: add,
    ExportNamedDeclaration: add,
    ExportAllDeclaration: add,
    ImportExpression: add,
    TSImportType: add,
  }).visit(parseSync(path, text).program);
  return imported;
}

function orderFaults(sourceFolder, levels, imports) {
  const parts = levels.flatMap((level, index) => level.map((name) => ({ name, level: index, files: 0 })));
  const partOf = (path) => {
    const inside = posix.relative(sourceFolder, path);
    const named = parts.find(({ name }) => inside === name || inside.startsWith(`${name}/`));
    return named ?? (inside.includes('/') ? undefined : parts.find(({ name }) => name === '*'));
  };
  const faults = [];
  for (const [path, imported] of imports) {
    const part = partOf(path);
    if (!part) {
      faults.push(`${path}: belongs to no part; add its folder to tools/house-rules/part-order.mjs`);
      continue;
    }
    part.files++;
    for (const target of imported) {
      const other = imports.has(target) ? partOf(target) : undefined;
      if (!other || other === part || other.level > part.level) continue;
      faults.push(
        `${path}: imports ${target}; ${part.name} may import only parts below it, which ${other.name} is not`,
      );
    }
  }
  for (const { name, files } of parts) {
    if (files === 0) faults.push(`tools/house-rules/part-order.mjs: ${join(sourceFolder, name)} has no file`);
  }
  return faults;
}

function cycleFault(cycle) {
  return `${cycle[0]}: imports itself through ${[...cycle.slice(1), cycle[0]].join(' → ')}`;
}

/** Import cycles, found by a depth-first search that follows each import once. */
function cycles(imports) {
  const found = [];
  const done = new Set();
  const trail = [];
  const follow = (path) => {
    const at = trail.indexOf(path);
    if (at >= 0) found.push(trail.slice(at));
    if (at >= 0 || done.has(path)) return;
    trail.push(path);
    for (const target of imports.get(path) ?? []) follow(target);
    trail.pop();
    done.add(path);
  };
  for (const path of imports.keys()) follow(path);
  return found;
}
