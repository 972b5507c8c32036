const patienceMs = 60_000;
const pauseMs = 1;

/** Resolves once it is so; rejects with what was waited for when that does not come. Lets everything else run meanwhile. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const startMs = performance.now();
  while (!(await isSo())) {
    if (performance.now() - startMs > patienceMs) throw new Error(`waited ${patienceMs} ms in vain: ${what}`);
    await Bun.sleep(pauseMs);
  }
}
