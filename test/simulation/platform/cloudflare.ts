/**
 * Replaces the runtime's module `cloudflare:workers`. The objects use only its base class, so their real shells run
 * unchanged in the simulation.
 */
export class DurableObject<Env> {
  protected readonly ctx: DurableObjectState;
  protected readonly env: Env;

  constructor(ctx: DurableObjectState, env: Env) {
    this.ctx = ctx;
    this.env = env;
  }
}
