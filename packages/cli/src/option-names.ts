/** The name under which commander stores an option's value: `maxConnections` for `max-connections`. */
export function camelCase(name: string): string {
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
