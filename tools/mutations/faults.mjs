// Checks the list of mutations against the sources, the tests and docs/TESTING.md, so that each can be run.
import { filesOfTest } from './title.mjs';

/** The document that shows the latest result of each mutation. */
export const testingDocument = 'docs/TESTING.md';

/**
 * Reports mutations whose text or test does not exist, and rows of the document that name no mutation.
 *
 * @param {readonly import('./list.mjs').Mutation[]} mutations
 * @param {(path: string) => string | undefined} read returns the text of a file; undefined when there is none
 */
export function mutationFaults(mutations, read) {
  const names = mutations.map(({ name }) => name);
  const shown = shownIn(read(testingDocument) ?? '');
  return [
    ...mutations.flatMap((mutation) => faultsOf(mutation, read).map((fault) => `mutation ${mutation.name}: ${fault}`)),
    ...names.filter((name, index) => names.indexOf(name) < index).map((name) => `mutation ${name}: is listed twice`),
    ...names.filter((name) => !shown.includes(name)).map((name) => `${testingDocument}: mutation ${name} is missing`),
    ...shown.filter((name) => !names.includes(name)).map((name) => `${testingDocument}: there is no mutation ${name}`),
  ];
}

function faultsOf({ file, find, replace, test, title }, read) {
  const source = read(file);
  const count = source === undefined ? 0 : source.split(find).length - 1;
  const texts = [...filesOfTest(test, read).values()];
  return [
    ...(source === undefined ? [`${file} does not exist`] : []),
    ...(source !== undefined && count !== 1 ? [`its text occurs ${count} times in ${file}, not once`] : []),
    ...(find === replace ? ['it changes nothing'] : []),
    ...(texts.length === 0 ? [`${test} does not exist`] : []),
    ...(texts.length > 0 && !texts.some((text) => text.includes(title)) ? [`${test} has no test "${title}"`] : []),
  ];
}

/** The names in the table of the document, which `npm run mutate -- --write` writes. */
function shownIn(document) {
  const table = document.split('<!-- mutations')[1]?.split('<!-- end of mutations')[0] ?? '';
  return [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name);
}
