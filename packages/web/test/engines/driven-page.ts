import type { Need } from '../support/browser.ts';

/** What a person does in a browser, by operations that every engine's driver supports. */
export interface DrivenPage {
  open(url: string): Promise<void>;
  reload(): Promise<void>;
  /** Clicks the element that a selector matches. */
  click(selector: string): Promise<void>;
  /** Types text, key by key, into the focused element. */
  type(text: string): Promise<void>;
  /** Presses one key in the focused element. */
  press(key: 'Enter' | 'Escape'): Promise<void>;
  /** Runs a function in the page. Its argument and result must be JSON. */
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
  /** Starts programs that all browsers of this engine need. */
  start(): Promise<RunningEngine>;
}

export interface RunningEngine {
  /** Starts a browser with one page that shares nothing with other browsers. */
  browser(): Promise<DrivenPage>;
  stop(): Promise<void>;
}
