import { cpus } from 'node:os';

/** Processor seconds that a process has used so far; 0 if it has exited. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  const stat = await Bun.file(`/proc/${pid}/stat`)
    .text()
    .catch(() => '');
  const fields = stat.split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
}

/** The machine and the runtime that the figures are for. */
export function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model}, Bun ${Bun.version}, server and clients on the same machine`;
}
