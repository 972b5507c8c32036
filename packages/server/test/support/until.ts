interface Patience {
  withinMs?: number;
  pauseMs?: number;
}

/** Polls until the condition holds. Rejects with the name of the condition when it does not hold within the time. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  { withinMs = 60_000, pauseMs = 1 }: Patience = {},
): Promise<void> {
  const startMs = performance.now();
  while (!(await isSo())) {
    if (performance.now() - startMs > withinMs) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await Bun.sleep(pauseMs);
  }
}
