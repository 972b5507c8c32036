/** The feature level of everything that belongs to no named feature. */
export const firstLevel = 1;

/**
 * Features that came after the first level: name to the feature level that enables it. A feature is a kind of command,
 * a field of a command, or something that a client can request. The level of a released feature never changes.
 */
export const features: Record<string, number> = {};

/** The highest feature level that this program supports. */
export function supportedLevel(): number {
  return Math.max(firstLevel, ...Object.values(features));
}

/** The level that enables the feature. */
export function levelOf(feature: string): number {
  const level = features[feature];
  if (level === undefined) throw new Error(`there is no feature ${feature}`);
  return level;
}

/** The names of the features that this level enables, in a fixed order. */
export function featuresAt(level: number): string[] {
  const enabled = Object.entries(features).filter(([, from]) => from <= level);
  return enabled.map(([name]) => name).sort();
}

const none: ReadonlySet<string> = new Set();

/** Those of these names that this program knows as features. */
export function knownFeatures(names: readonly string[]): ReadonlySet<string> {
  const known = names.filter((name) => Object.hasOwn(features, name));
  return known.length === 0 ? none : new Set(known);
}
