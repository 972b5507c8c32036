/** Typed events. If a handler throws, the others are still called, and the error is emitted as `error`. */
export class Events<Map extends { error: unknown }> {
  private readonly handlers = new globalThis.Map<keyof Map, Set<(event: never) => void>>();

  /** Calls `handler` for each event of this name. The returned function removes the handler. */
  on<Name extends keyof Map>(name: Name, handler: (event: Map[Name]) => void): () => void {
    const own = (event: never) => handler(event);
    const handlers = this.handlers.get(name);
    if (handlers) handlers.add(own);
    else this.handlers.set(name, new Set([own]));
    return () => {
      this.handlers.get(name)?.delete(own);
    };
  }

  emit<Name extends keyof Map>(name: Name, event: Map[Name]): void {
    for (const handler of [...(this.handlers.get(name) ?? [])]) {
      try {
        handler(event as never);
      } catch (error) {
        // Errors of error handlers are dropped, because emitting them could loop.
        if (name !== 'error') this.emit('error', error as Map['error']);
      }
    }
  }
}
