import type { Need } from '../support/browser.ts';

/** What a person does in a browser, in terms that every engine's driver knows. */
export interface DrivenPage {
  open(url: string): Promise<void>;
  reload(): Promise<void>;
  /** Clicks what a selector finds, as a pointer does. */
  click(selector: string): Promise<void>;
  /** Types text, key by key, into what has the focus. */
  type(text: string): Promise<void>;
  /** Presses one key, in what has the focus. */
  press(key: 'Enter' | 'Escape'): Promise<void>;
  /** Runs a function in the page; what it is given and gives is JSON. */
  run<Given, Answer>(run: (given: Given) => Answer, given: Given): Promise<Awaited<Answer>>;
  /** Another tab or window of the same browser. */
  another(): Promise<DrivenPage>;
  /** Closes the browser that the page is in, with all its pages. */
  close(): Promise<void>;
}

/** A browser of one engine. */
export interface Engine {
  name: string;
  needs: readonly Need[];
  /** Starts what all browsers of this engine need. */
  start(): Promise<RunningEngine>;
}

export interface RunningEngine {
  /** A browser that shares nothing with the others, with one page. */
  browser(): Promise<DrivenPage>;
  stop(): Promise<void>;
}
