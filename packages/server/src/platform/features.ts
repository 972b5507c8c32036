/** The feature level of everything that belongs to no named feature. */
export const firstLevel = 1;

/** Edits, deletions, reactions, pins and replies. */
export const amendmentsFeature = 'amendments';

/** The frame `catch_up`. */
export const catchUpFeature = 'catch_up';

/** Marking a conversation as unread. */
export const markUnreadFeature = 'mark_unread';

/**
 * Features that came after the first version: name to the feature level that enables it. A feature is a kind of command,
 * a field of a command, or something that a client can request. A request that a server answers by itself, without
 * the command log, has the first level: each server that knows it offers it. The level of a released feature
 * never changes.
 */
export const features: Record<string, number> = {
  [catchUpFeature]: firstLevel,
  [markUnreadFeature]: firstLevel,
  bans: 2,
  [amendmentsFeature]: 3,
};

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
