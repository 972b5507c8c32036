import { expect, test } from 'bun:test';
import { openDatabase } from '../../src/adapters/sqlite/database.ts';
import { withFixedPlan } from '../../src/adapters/sqlite/fixed-plans.ts';

test('the planner sees an expression instead of each parameter, and texts stay as they are', () => {
  expect(withFixedPlan("SELECT a FROM t WHERE b = ?2 AND c IN ($from, ?) AND d <> 'who? $me' LIMIT $limit")).toBe(
    "SELECT a FROM t WHERE b = +?2 AND c IN (+$from, +?) AND d <> 'who? $me' LIMIT +$limit",
  );
});

test('every statement of an opened database has a fixed plan', () => {
  const database = openDatabase(':memory:');
  const statement = database.query<{ id: string }, [string, number]>('SELECT id FROM users WHERE id = ? LIMIT ?');
  expect(statement.all('nobody', 1)).toEqual([]);
  expect(statement.toString()).toBe("SELECT id FROM users WHERE id = +'nobody' LIMIT +1");
  database.close();
});

test('a parameter keeps its type and value', () => {
  const database = openDatabase(':memory:');
  const statement = database.query<Record<string, unknown>, (string | number | bigint | Uint8Array | null)[]>(
    'SELECT ?1 AS value, typeof(?1) AS type',
  );
  const given = ['text', '007', '', 3, 2.5, 2 ** 53 - 1, null, new Uint8Array([1, 0, 2])];
  expect(given.map((value) => statement.get(value))).toEqual([
    { value: 'text', type: 'text' },
    { value: '007', type: 'text' },
    { value: '', type: 'text' },
    { value: 3, type: 'integer' },
    { value: 2.5, type: 'real' },
    { value: 2 ** 53 - 1, type: 'integer' },
    { value: null, type: 'null' },
    { value: new Uint8Array([1, 0, 2]), type: 'blob' },
  ]);
  database.close();
});
