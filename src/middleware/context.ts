import type { Login } from "../durable/upgrade.ts";
import type { Env } from "../env.ts";

/** What handlers find in Hono's context. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    requestId: string;
    /** Behind `authenticated` only: verified by signature; whether the login lives is for the inbox to say. */
    login: Login;
    /** The code of the answer, for the log. */
    code: number;
  };
}
