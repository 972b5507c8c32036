/** The process id of a program that was started. */
export function pidOf(process: Bun.Subprocess | null | undefined): number {
  if (!process) throw new Error('the program was not started');
  return process.pid;
}
