/** The rules of the checker, each with the number of the contract that it judges. docs/TESTING.md explains each. */
export const rules = {
  'acknowledged-lost': 1,
  'acknowledged-differs': 1,
  'amendment-lost': 1,
  'acknowledged-twice': 2,
  'stored-twice': 2,
  'other-text-accepted': 2,
  'retry-refused': 2,
  'two-contents': 3,
  'two-states': 3,
  'revision-twice': 3,
  'not-sent': 3,
  'order-of-time': 3,
  'time-goes-back': 3,
  'wrong-count': 3,
  'page-gap': 3,
  'deletion-undone': 3,
  'read-beyond-end': 3,
  'shown-twice': 4,
  'shown-gap': 4,
  'amendment-missed': 4,
  'not-converged': 4,
  'catch-up-incomplete': 5,
  'stale-read': 6,
  'stale-state': 6,
  'stale-read-position': 6,
  'refused-but-done': 7,
  'no-retry-time': 7,
  'reached-removed': 8,
  'reached-before-joining': 8,
  'sent-by-removed': 8,
  'presence-late': 9,
} as const;

export type Rule = keyof typeof rules;

/** A violation of the contract, with the numbers of the lines that show it. */
export interface Finding {
  rule: Rule;
  /** What happened, as a sentence without a full stop. */
  what: string;
  /** In ascending order. */
  lines: readonly number[];
}

/** Reports a violation. Line numbers of 0 stand for facts that no line has and are left out. */
export type Report = (rule: Rule, what: string, lines: readonly number[]) => void;
