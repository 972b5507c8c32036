/** The owner of events: a process, a client or a service. */
export interface Owner {
  readonly name: string;
  /** The events of a paused owner wait, those of a dead one are dropped. */
  state: 'running' | 'paused' | 'dead';
}
