import { expect, test } from 'bun:test';
import { Events } from '../src/events.ts';

interface Told {
  number: number;
  error: unknown;
}

test('a handler that throws affects neither the other handlers nor the emitter; its error is emitted', () => {
  const events = new Events<Told>();
  const told: number[] = [];
  const errors: unknown[] = [];
  const failure = new Error('a bug of the application');
  events.on('error', (error) => errors.push(error));
  events.on('number', (number) => told.push(number));
  events.on('number', () => {
    throw failure;
  });
  events.on('number', (number) => told.push(number * 10));
  events.emit('number', 1);
  events.emit('number', 2);
  expect(told).toEqual([1, 10, 2, 20]);
  expect(errors).toEqual([failure, failure]);
});

test('the error of an error handler is dropped', () => {
  const events = new Events<Told>();
  const seen: unknown[] = [];
  events.on('error', () => {
    throw new Error('a bug in the handling of bugs');
  });
  events.on('error', (error) => seen.push(error));
  events.emit('error', 'first');
  expect(seen).toEqual(['first']);
});

test('the returned function removes one registration, also of a handler registered twice', () => {
  const events = new Events<Told>();
  const told: number[] = [];
  const handler = (number: number) => told.push(number);
  const undo = events.on('number', handler);
  events.on('number', handler);
  events.emit('number', 1);
  undo();
  undo();
  events.emit('number', 2);
  expect(told).toEqual([1, 1, 2]);
});

test('a handler that removes itself or another during an event does not affect the rest', () => {
  const events = new Events<Told>();
  const told: string[] = [];
  const undo = events.on('number', () => {
    told.push('once');
    undo();
  });
  events.on('number', () => told.push('always'));
  events.emit('number', 1);
  events.emit('number', 2);
  expect(told).toEqual(['once', 'always', 'always']);
});
