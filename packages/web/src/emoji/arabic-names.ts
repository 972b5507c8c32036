import { arabicTable } from './arabic-table.ts' with { type: 'macro' };
import type { ArabicLine } from './arabic-table.ts';

export const arabicLines: readonly ArabicLine[] = JSON.parse(arabicTable());
