/** Edits, deletions, reactions, pins and replies. */
export const amendmentsFeature = 'amendments';

/** Requests for missed entries of many conversations. */
export const catchUpFeature = 'catch_up';

/** Marking a conversation as unread. */
export const markUnreadFeature = 'mark_unread';

/** The names of the features of this client, which it sends to servers that accept them. */
export const understoodFeatures: string[] = [amendmentsFeature, 'bans'];
