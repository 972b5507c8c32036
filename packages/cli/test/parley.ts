import { parleyProgram } from '../../server/test/support/server-process.ts';

/** The result of a command. */
export interface Run {
  code: number;
  output: string;
  errors: string;
}

/** Runs `parley` with these arguments until it exits. */
export async function parley(
  args: readonly string[],
  input = '',
  environment: Record<string, string> = {},
): Promise<Run> {
  const child = Bun.spawn([...parleyProgram(), ...args], {
    stdin: new Blob([input]),
    stdout: 'pipe',
    stderr: 'pipe',
    env: { ...process.env, ...environment },
  });
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { code: await child.exited, output, errors };
}
