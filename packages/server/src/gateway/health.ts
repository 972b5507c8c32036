/** Where the process is in its life, as load balancers and orchestrators ask. */
export class Health {
  private state: 'starting' | 'ready' | 'draining' = 'starting';

  ready(): void {
    this.state = 'ready';
  }

  /** From now on nobody new should be sent here. */
  draining(): void {
    this.state = 'draining';
  }

  /** `/livez`: the process turns. */
  livez(): Response {
    return Response.json({ status: 'alive' });
  }

  /** `/readyz`: it can serve. */
  readyz(): Response {
    return Response.json({ status: this.state }, { status: this.state === 'ready' ? 200 : 503 });
  }
}
