import { expect, test } from 'bun:test';
import { testOrderFaults } from '../test-order.mjs';

const listed = { 'packages/web/test': { 'engines/walk': 235, tabs: 75 } };

test('a file of the order that does not exist is reported by its path', () => {
  expect(testOrderFaults(['packages/web/test/tabs.test.ts'], listed)).toEqual([
    'tools/test-order.mjs: lists packages/web/test/engines/walk.test.ts, which does not exist',
  ]);
});

test('an order of existing files has no fault', () => {
  expect(testOrderFaults(['packages/web/test/engines/walk.test.ts', 'packages/web/test/tabs.test.ts'], listed)).toEqual(
    [],
  );
});
