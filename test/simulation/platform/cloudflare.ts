/**
 * Stands in for the runtime's module `cloudflare:workers`, of which the objects take the base class only:
 * so their real shells run in the simulation as they are.
 */
export class DurableObject<Env> {
  protected readonly ctx: DurableObjectState;
  protected readonly env: Env;

  constructor(ctx: DurableObjectState, env: Env) {
    this.ctx = ctx;
    this.env = env;
  }
}
