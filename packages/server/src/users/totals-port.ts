/** How much a server holds, for its administrators. */
export interface Totals {
  /** Exact when nothing is written meanwhile. */
  read(): Promise<{ users: number; conversations: number; messages: number; databaseBytes: number }>;
}
