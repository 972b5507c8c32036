// The named ways in which `npm run mutate` breaks the product.
import { access } from './lists/access.mjs';
import { clients } from './lists/clients.mjs';
import { commands } from './lists/commands.mjs';
import { delivery } from './lists/delivery.mjs';
import { limits } from './lists/limits.mjs';
import { storage } from './lists/storage.mjs';

/**
 * @typedef Mutation
 * @property {string} name
 * @property {string} breaks the part of the contract, the race, or the property that no longer holds
 * @property {string} file the source that it changes
 * @property {string} find a text that occurs once in the source
 * @property {string} replace
 * @property {string} test the test file that catches it
 * @property {string} title the title of the test that must fail, as it is written in that file or in one that it imports
 * @property {string} list the file that defines the mutation
 */

/** @type {readonly Mutation[]} */
export const mutations = Object.entries({ commands, storage, delivery, limits, access, clients }).flatMap(
  ([list, { folder, entries }]) =>
    entries.map((entry) => ({
      ...entry,
      file: entry.file.startsWith('packages/') ? entry.file : `${folder}/src/${entry.file}`,
      test: entry.test.startsWith('packages/') ? `${entry.test}.test.ts` : `${folder}/test/${entry.test}.test.ts`,
      list: `tools/mutations/lists/${list}.mjs`,
    })),
);
