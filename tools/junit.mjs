// Reads the reports in JUnit's format that `bun test` writes.

/** Each test case of a report: its file, its groups from the outermost to the innermost, its title and its outcome. */
export function testCases(report) {
  const cases = [...report.matchAll(/<testcase ([^>]*?)(\/>|>[\s\S]*?<\/testcase>)/g)];
  return cases.map(([, attributes, rest]) => {
    const failure = /<failure ([^>]*)>/.exec(rest)?.[1];
    return {
      file: attribute(attributes, 'file'),
      groups: attribute(attributes, 'classname').split(' > ').filter(Boolean).reverse(),
      name: attribute(attributes, 'name'),
      isSkipped: rest.includes('<skipped'),
      /** The first failure; null when there is none. */
      failure:
        failure === undefined ? null : { type: attribute(failure, 'type'), message: attribute(failure, 'message') },
    };
  });
}

function attribute(attributes, name) {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? '';
  const characters = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&', '#10': '\n', '#9': '\t', '#13': '\r' };
  return value.replace(/&(lt|gt|quot|apos|amp|#10|#9|#13);/g, (_, entity) => characters[entity]);
}
