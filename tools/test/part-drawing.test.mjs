import { expect, test } from 'bun:test';
import { drawingFaults, partDrawing, withDrawing } from '../house-rules/part-drawing.mjs';

const order = { 'packages/a/src': [['main.ts'], ['one', 'two'], ['*']] };
const drawing = `
    packages/a/src
    ┌───────────────────┐
    │ main.ts           │
    │ one   two         │
    │ (all other files) │
    └───────────────────┘
`;
const lines = '# Title\n\n<!-- parts: drawn by "npm run fix" -->\n<!-- end of parts -->\n\nMore.\n';

test('the parts of a package are drawn in their order', () => {
  expect(`\n${partDrawing(order)}`).toBe(drawing);
});

test('a missing drawing, and one that differs from the order, is refused', () => {
  expect(drawingFaults('# Title\n', order)[0]).toContain('lacks');
  expect(drawingFaults(lines, order)[0]).toContain('npm run fix');
  const drawn = withDrawing(lines, order) ?? '';
  expect(drawn).toContain(drawing);
  expect(drawn.startsWith('# Title\n')).toBe(true);
  expect(drawn.endsWith('\n\nMore.\n')).toBe(true);
  expect(drawingFaults(drawn, order)).toEqual([]);
  expect(drawingFaults(drawn, { ...order, 'packages/b/src': [['index.ts']] })).toHaveLength(1);
  expect(withDrawing(drawn, order)).toBe(drawn);
});
