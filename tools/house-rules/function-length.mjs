// House rule 2: the maximum length of a function.
import { parseSync, Visitor } from 'oxc-parser';

const linesMax = 70;
const registersTests = /^(?:describe|test|it|beforeAll|beforeEach|afterAll|afterEach)\b/;

/**
 * Reports functions of more than 70 lines. Methods, callbacks and nested functions are counted by themselves and as
 * part of the function that contains them. A function that registers tests is exempt, because it is a list of them.
 *
 * @param {{ path: string, text: string }} file
 */
export function functionLengthFaults({ path, text }) {
  const lineOf = linesOf(text);
  const faults = [];
  const check = (node) => {
    const line = lineOf(node.start);
    const lines = lineOf(node.end) - line + 1;
    if (lines <= linesMax || isSuite(node, text)) return;
    faults.push(`${path}:${line}: a function of ${lines} lines; look for the concept that has no name yet`);
  };
  new Visitor({
    FunctionDeclaration: check,
    FunctionExpression: check,
    ArrowFunctionExpression: check,
  }).visit(parseSync(path, text).program);
  return faults;
}

/** Whether a statement of the function itself, or of an `if` in it, registers tests. */
function isSuite({ body }, text) {
  const registers = (statement) => {
    switch (statement?.type) {
      case 'BlockStatement':
        return statement.body.some(registers);
      case 'IfStatement':
        return registers(statement.consequent) || registers(statement.alternate);
      case 'ExpressionStatement':
        return registersTests.test(text.slice(statement.start, statement.end));
      default:
        return false;
    }
  };
  return registers(body);
}

/** Returns a function that maps a position in the text to its line. */
function linesOf(text) {
  const ends = Array.from(text.matchAll(/\n/g), ({ index }) => index);
  return (position) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle] < position) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}
