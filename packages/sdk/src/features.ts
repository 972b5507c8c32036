/** The features that this client understands, by name: what it says to a server that asks for it. */
export const understoodFeatures: string[] = [];
