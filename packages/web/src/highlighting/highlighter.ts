import type { CodePiece } from './code-pieces.ts';

export interface HighlightRequest {
  text: string;
  language: string;
}

/** What a worker says: that its script is loaded, or the answer to a request, which is null for unknown languages. */
export type HighlightAnswer = 'loaded' | CodePiece[] | null;

/** The part of a `Worker` that highlighting needs. */
export interface CodeWorker {
  onmessage: ((event: { data: HighlightAnswer }) => void) | null;
  onerror: ((event: Event) => void) | null;
  postMessage(request: HighlightRequest): void;
  terminate(): void;
}

interface Job {
  request: HighlightRequest;
  done(): void;
}

/** A grammar that takes longer for a text is too slow for it. */
export const answerMaxMs = 2_000;
const keptMax = 200;

/**
 * Highlights code in a worker, one text at a time. The rules of some languages take very long for certain texts: a
 * worker that does not answer in time is stopped, and that text has no colours.
 */
export class Highlighter {
  private readonly kept = new Map<string, CodePiece[] | null>();
  private readonly waiting: Job[] = [];
  private worker: CodeWorker | null = null;
  private isLoaded = false;
  private isBusy = false;

  /**
   * @param start starts a worker.
   * @param after calls a function after a time, unless the returned function is called before.
   */
  constructor(
    private readonly start: () => CodeWorker,
    private readonly after: (delayMs: number, call: () => void) => () => void,
  ) {}

  /** The pieces of a text; null if it has no colours, undefined if it was not highlighted yet. */
  known({ text, language }: HighlightRequest): CodePiece[] | null | undefined {
    return this.kept.get(`${language}\n${text}`);
  }

  /** Resolves when the pieces of a text are known, or when the worker's script could not be loaded. */
  highlight(request: HighlightRequest): Promise<void> {
    return new Promise((done) => {
      this.waiting.push({ request, done });
      this.next();
    });
  }

  private next(): void {
    if (this.isBusy) return;
    const job = this.waiting.shift();
    if (!job) return;
    if (this.known(job.request) === undefined) {
      this.run(job);
      return;
    }
    job.done();
    this.next();
  }

  private run({ request, done }: Job): void {
    this.isBusy = true;
    this.worker ??= this.start();
    const { worker } = this;
    let cancel = () => {};
    const end = () => {
      cancel();
      worker.onmessage = null;
      worker.onerror = null;
      this.isBusy = false;
      done();
      this.next();
    };
    const stop = () => {
      worker.terminate();
      this.worker = null;
      this.isLoaded = false;
      end();
    };
    const startTimer = () => {
      cancel = this.after(answerMaxMs, () => {
        this.keep(request, null);
        stop();
      });
    };
    worker.onmessage = ({ data }) => {
      if (data === 'loaded') {
        this.isLoaded = true;
        startTimer();
        return;
      }
      this.keep(request, data);
      end();
    };
    if (this.isLoaded) startTimer();
    // The script could not be loaded. Another text tries again.
    worker.onerror = stop;
    worker.postMessage(request);
  }

  private keep({ text, language }: HighlightRequest, pieces: CodePiece[] | null): void {
    const [oldest] = this.kept.keys();
    if (oldest !== undefined && this.kept.size >= keptMax) this.kept.delete(oldest);
    this.kept.set(`${language}\n${text}`, pieces);
  }
}
