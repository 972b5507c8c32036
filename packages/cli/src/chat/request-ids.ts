/**
 * The ids under which commands create something. A command whose answer was lost keeps its id, so that typing it again
 * creates nothing twice.
 */
export class RequestIds {
  private readonly unanswered = new Map<string, string>();

  /** Calls `create` with an id, the same one for the same request until `create` has succeeded. */
  async use<Answer>(request: object, create: (clientRequestId: string) => Promise<Answer>): Promise<Answer> {
    const key = JSON.stringify(request);
    const id = this.unanswered.get(key) ?? crypto.randomUUID();
    this.unanswered.set(key, id);
    const answer = await create(id);
    if (this.unanswered.get(key) === id) this.unanswered.delete(key);
    return answer;
  }
}
