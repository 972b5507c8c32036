/** The names of the features of this client, which it sends to servers that accept them. */
export const understoodFeatures: string[] = [];
