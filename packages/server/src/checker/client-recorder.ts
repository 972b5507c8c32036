import type { ClientFrame, InputOf, OperationId, ServerFrame } from '@parley/protocol';
import { type CallInput, type CallResult, callLine, resultLine } from './call-lines.ts';
import type { ClientLine } from './client-lines.ts';
import type { NewLine } from './format.ts';
import { completionLines, observationLines, type RequestLine, requestLines } from './frame-lines.ts';
import type { Recorder } from './recorder.ts';

/** Records what one client sends and receives, as frames and as calls of the HTTP API. */
export class ClientRecorder {
  private isIntroduced = false;
  /** The operations of each request that is under way over the socket, by the id of the request. */
  private readonly overSocket = new Map<string, RequestLine[]>();
  private calls = 0;

  /** @param userId returns the user's id; undefined before the log-in. Nothing is recorded before it is known. */
  constructor(
    private readonly recorder: Recorder,
    readonly name: string,
    private readonly userId: () => string | undefined,
  ) {}

  /** Records an observation that no frame shows, for example that an entry was shown. Returns whether it was recorded. */
  record(line: ClientLine): boolean {
    if (!this.isIntroduced) {
      const userId = this.userId();
      if (userId === undefined) return false;
      this.recorder.record({ type: 'client', client: this.name, userId });
      this.isIntroduced = true;
    }
    this.recorder.record({ ...line, client: this.name } as NewLine);
    return true;
  }

  sent(frame: ClientFrame): void {
    if (frame.type === 'hello') this.record({ type: 'connecting' });
    if (frame.type === 'watch') this.record({ type: 'watch', userIds: frame.userIds });
    const lines = requestLines(frame).filter((line) => this.record(line));
    if ('id' in frame && frame.id !== undefined && lines.length > 0) this.overSocket.set(frame.id, lines);
  }

  received(frame: ServerFrame): void {
    for (const line of observationLines(frame)) this.record(line);
    const id = 'id' in frame ? frame.id : undefined;
    const requests = id === undefined ? undefined : this.overSocket.get(id);
    if (id === undefined || requests === undefined) return;
    this.overSocket.delete(id);
    for (const line of completionLines(frame, requests)) this.record(line);
  }

  /** The connection ended. The outcome of what was under way is not known. */
  closed(how: 'closed' | 'lost'): void {
    for (const { op } of [...this.overSocket.values()].flat()) this.record({ type: 'unknown', op });
    this.overSocket.clear();
    this.record({ type: 'disconnected', how });
  }

  /** Records a call of the HTTP API. The result has to be passed to the returned function. */
  called<Id extends OperationId>(id: Id, input: InputOf<Id>): (result: CallResult<Id>) => void {
    const op = `http-${++this.calls}`;
    const line = callLine(id, input as CallInput, op);
    const isRecorded = line !== null && this.record(line);
    return (result) => {
      if (isRecorded) this.record(resultLine(line.type, result as CallResult<OperationId>, op));
    };
  }
}
