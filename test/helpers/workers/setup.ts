import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { settings } from "./settings.ts";

// Tests send requests faster than people, and some use a stopped clock. The tests of rates set their own limits.
settings({
  REQUEST_RATE_PER_SECOND: 1_000_000,
  REQUEST_BURST: 1_000_000,
  OPERATION_BURST: 1_000_000,
  STRANGERS_PER_HOUR: 100_000,
});

await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
