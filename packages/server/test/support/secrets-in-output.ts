/** Tokens, invitations and device secrets: 256 random bits as base64url. */
const secret = /(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?=[\w-]*\d)[\w-]{43}(?![\w-])/;
/** The passwords of people in tests. */
const passwords = ['correct horse battery', 'a good password'];
/** The link for the first account, which the log is meant to show. */
const firstAccount = 'The first one administers this server';

/** The lines of a program's output that contain a token, another secret or a password, or one of `more`. */
export function secretsIn(lines: readonly string[], more: Iterable<string> = []): string[] {
  const texts = [...passwords, ...more];
  return lines.filter(
    (line) => !line.includes(firstAccount) && (secret.test(line) || texts.some((text) => line.includes(text))),
  );
}

/** @throws {Error} with the lines that contain a secret. */
export function refuseSecrets(lines: readonly string[]): void {
  const found = secretsIn(lines);
  if (found.length > 0) throw new Error(`the output of a program contains a secret:\n${found.join('\n')}`);
}
