// The titles of tests, as they are written in a test file.

/** What `test.each` and template literals replace in a title. */
const placeholder = /%[sdifjop]|\$\{[^}]*\}|\$\w+/g;

/** A regular expression for the end of the full names of the tests that the source gives this title. */
export function titlePattern(title) {
  const parts = title.split(placeholder).map((part) => part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
  return `${parts.join('.*')}$`;
}

/** The test file and the files of its package's tests that it imports, directly or through others. */
export function filesOfTest(path, read) {
  const found = new Map();
  const visit = (file) => {
    if (found.has(file)) return;
    const text = read(file);
    if (text === undefined) return;
    found.set(file, text);
    for (const [, target] of text.matchAll(/\bfrom '(\.{1,2}\/[^']+)'/g)) {
      const imported = new URL(target, `file:///${file}`).pathname.slice(1);
      if (imported.includes('/test/')) visit(imported);
    }
  };
  visit(path);
  return found;
}
