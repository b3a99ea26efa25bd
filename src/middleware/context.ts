import type { Login } from "../durable/upgrade.ts";
import type { Env } from "../env.ts";

/** What handlers get from Hono's context. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    requestId: string;
    /** Only after `authenticated`: the signature is verified. The inbox knows whether the login is living. */
    login: Login;
    /** The code of the answer, for the log. */
    code: number;
  };
}
