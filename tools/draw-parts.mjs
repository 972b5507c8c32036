// Draws the parts of each package in ARCHITECTURE.md, in the order of tools/house-rules/part-order.mjs.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawnIn, withDrawing } from './house-rules/part-drawing.mjs';
import { partOrder } from './house-rules/part-order.mjs';
import { root } from './workspace.mjs';

const file = join(root, drawnIn);
const drawn = withDrawing(readFileSync(file, 'utf8'), partOrder);
if (drawn === undefined) throw new Error(`${drawnIn} lacks the lines between which the parts are drawn`);
writeFileSync(file, drawn);
