/** Whether some word of a name begins with what was typed, whatever its case and accents. */
export function matches(name: string, query: string): boolean {
  const wanted = plain(query.trim());
  const given = plain(name);
  return given.startsWith(wanted) || given.split(/[\s._-]+/u).some((word) => word.startsWith(wanted));
}

function plain(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLocaleLowerCase();
}
