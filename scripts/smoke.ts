import { Smoke } from "./smoke/run.ts";
import { scenarios } from "./smoke/scenarios.ts";

/**
 * npm run smoke -- <url> [scenario…]: simulates users on a running server, and stops at the first violation of the
 * contract.
 */
const [url, ...named] = process.argv.slice(2);
if (!URL.canParse(url ?? "") || named.some((name) => !Object.hasOwn(scenarios, name))) {
  console.error(`usage: npm run smoke -- <url> [${Object.keys(scenarios).join(" | ")}]…`);
  process.exit(2);
}

const smoke = new Smoke(url ?? "");
const chosen = named.length > 0 ? named : Object.keys(scenarios);
for (const [name, scenario] of Object.entries(scenarios)) {
  if (chosen.includes(name)) await smoke.play(name, scenario);
}
smoke.finish();
