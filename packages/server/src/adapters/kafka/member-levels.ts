import { firstLevel } from '../../platform/features.ts';

/**
 * The id under which a distributor is a member of its group. It says the feature level that the distributor supports,
 * so that whoever describes the group knows the level of each that runs, and of no other.
 */
export function memberClientId(clusterName: string, level: number): string {
  return `${clusterName}.level-${level}`;
}

/** The feature level that a member says; the first of one that is of a version before there were levels. */
export function memberLevel(clientId: string): number {
  const level = /\.level-(\d+)$/.exec(clientId)?.[1];
  return level === undefined ? firstLevel : Number(level);
}
