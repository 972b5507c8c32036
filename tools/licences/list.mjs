// The licences of the packages in package-lock.json, and which of them are permitted.

/**
 * Licences that permit use in a program under the Apache License 2.0 without conditions on the program itself. Packages
 * of the tests may have some more, because nobody receives them.
 */
const permitted = new Set([
  ...['Apache-2.0', 'MIT', 'MIT-0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Unlicense', 'CC0-1.0'],
  ...['Unicode-3.0', 'Zlib', 'BlueOak-1.0.0'],
]);
const permittedInTests = new Set([...permitted, 'MPL-2.0', 'Python-2.0', 'CC-BY-4.0']);

/**
 * @param {string} expression an SPDX expression
 * @returns {boolean} whether one of its choices (OR) has only permitted licences (AND)
 */
function isPermitted(expression, allowed) {
  const choices = expression.replace(/^\((.*)\)$/, '$1').split(' OR ');
  return choices.some((choice) => choice.split(' AND ').every((licence) => allowed.has(licence)));
}

/**
 * The packages of other projects that the lock file lists, each once, by name.
 *
 * @returns {{ name: string, version: string, licence: string, isForTests: boolean }[]}
 */
export function licencesIn({ packages }) {
  const found = Object.entries(packages).flatMap(([path, { version, license, dev, link, name }]) => {
    if (!path.includes('node_modules/') || link) return [];
    const own = name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    return [{ name: own, version, licence: license ?? 'none', isForTests: Boolean(dev) }];
  });
  const byId = new Map();
  for (const each of found) {
    const id = `${each.name} ${each.version}`;
    const before = byId.get(id);
    byId.set(id, before ? { ...each, isForTests: before.isForTests && each.isForTests } : each);
  }
  return [...byId.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** Reports packages whose licence is not permitted. */
export function licenceFaults(lock) {
  return licencesIn(lock)
    .filter(({ licence, isForTests }) => !isPermitted(licence, isForTests ? permittedInTests : permitted))
    .map(
      ({ name, version, licence }) =>
        `package-lock.json: the licence of ${name} ${version} is not permitted: ${licence}`,
    );
}
