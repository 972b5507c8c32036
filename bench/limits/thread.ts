import { type Answer, answerTo, type Call, Caller, type Calls } from '../clients/worker.ts';

/** A thread of the benchmark's process. */
export class Thread<Offered extends Calls> extends Caller<Offered> {
  private readonly thread: Worker;

  constructor(program: string) {
    super();
    this.thread = new Worker(program);
    this.thread.onmessage = ({ data }: MessageEvent<Answer>) => this.answered(data);
    this.thread.onerror = ({ message }) => this.ended(message);
  }

  /** Threads have no processor time of their own: it is in that of the process. */
  get pid(): number {
    return process.pid;
  }

  override stop(): void {
    this.thread.terminate();
  }

  protected override send(call: Call): void {
    this.thread.postMessage(call);
  }
}

/** In a thread: makes the calls. */
export function answerThreadCalls(calls: Calls): void {
  globalThis.onmessage = async ({ data }: MessageEvent<Call>) => {
    globalThis.postMessage(await answerTo(data, calls));
  };
}
