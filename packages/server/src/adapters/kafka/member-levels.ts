import { firstLevel } from '../../platform/features.ts';

/**
 * The client id of a distributor in its group. It contains the feature level that the distributor supports, so that a
 * description of the group shows the levels of the running distributors.
 */
export function memberClientId(clusterName: string, level: number): string {
  return `${clusterName}.level-${level}`;
}

/** The feature level in a member's client id; the first for versions from before there were levels. */
export function memberLevel(clientId: string): number {
  const level = /\.level-(\d+)$/.exec(clientId)?.[1];
  return level === undefined ? firstLevel : Number(level);
}
