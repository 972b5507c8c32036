/** The name under which commander keeps an option's value: `max-connections` is `maxConnections`. */
export function camelCase(name: string): string {
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
