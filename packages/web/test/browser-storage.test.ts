import { afterEach, expect, test } from 'bun:test';
import { browserStorage } from '../src/preferences/browser-storage.ts';

/** A storage like a browser's: keys are own properties, methods are not. */
function storageOf(fails: { write?: boolean; read?: boolean } = {}): Storage & Record<string, string> {
  const check = (isFailing: boolean | undefined) => {
    if (isFailing) throw new DOMException('no', 'QuotaExceededError');
  };
  const methods = {
    getItem(this: Record<string, string>, key: string) {
      check(fails.read);
      return Object.hasOwn(this, key) ? this[key] : null;
    },
    setItem(this: Record<string, string>, key: string, value: string) {
      check(fails.write);
      this[key] = value;
    },
    removeItem(this: Record<string, string>, key: string) {
      check(fails.read);
      delete this[key];
    },
  };
  return Object.create(methods);
}

function install(get: () => Storage): void {
  Object.defineProperty(globalThis, 'localStorage', { get, configurable: true });
}

afterEach(() => {
  install(() => storageOf());
  for (const key of browserStorage.keys()) browserStorage.removeItem(key);
  Reflect.deleteProperty(globalThis, 'localStorage');
});

test('values are written to the browser’s storage, and values that other pages write are read', () => {
  const storage = storageOf();
  install(() => storage);
  browserStorage.setItem('a', '1');
  expect(storage.getItem('a')).toBe('1');
  storage.setItem('a', '2');
  storage.setItem('b', '3');
  expect(browserStorage.getItem('a')).toBe('2');
  expect(browserStorage.keys().toSorted()).toEqual(['a', 'b']);
  browserStorage.removeItem('a');
  expect([browserStorage.getItem('a'), storage.getItem('a')]).toEqual([null, null]);
});

test('a value that does not fit replaces the stored one until the page is closed, and is stored when it fits', () => {
  const fails = { write: false };
  const storage = storageOf(fails);
  install(() => storage);
  browserStorage.setItem('draft', 'old');
  fails.write = true;
  browserStorage.setItem('draft', 'new');
  expect(browserStorage.getItem('draft')).toBe('new');
  fails.write = false;
  browserStorage.setItem('draft', 'newer');
  expect(storage.getItem('draft')).toBe('newer');
});

test('values are kept until the page is closed if access to the storage throws', () => {
  install(() => {
    throw new DOMException('denied', 'SecurityError');
  });
  expect(browserStorage.getItem('a')).toBeNull();
  browserStorage.setItem('a', '1');
  browserStorage.setItem('b', '2');
  browserStorage.removeItem('b');
  expect(browserStorage.getItem('a')).toBe('1');
  expect(browserStorage.getItem('b')).toBeNull();
  expect(browserStorage.keys()).toEqual(['a']);
});
