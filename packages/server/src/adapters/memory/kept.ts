/** A copy that neither whoever gave it nor whoever gets it can change: as safe as a row on disk. */
export function kept<Value extends object>(value: Value): Readonly<Value> {
  return Object.freeze({ ...value });
}
