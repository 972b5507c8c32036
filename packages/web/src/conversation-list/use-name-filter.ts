import { useEffect, useMemo, useState } from 'react';

type IsFoundBy = (name: string, query: string) => boolean;

/** Whether a name matches the query. The rules are loaded with the first letter; until then every name matches. */
export function useNameFilter(query: string): (name: string) => boolean {
  const [rules, setRules] = useState<{ isFoundBy: IsFoundBy } | null>(null);
  const isAsked = query !== '';
  useEffect(() => {
    if (isAsked) import('@parley/protocol/folding').then(setRules, reportError);
  }, [isAsked]);
  return useMemo(() => (name) => !rules || rules.isFoundBy(name, query), [rules, query]);
}
