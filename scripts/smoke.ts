import { Smoke } from "./smoke/run.ts";
import { scenarios } from "./smoke/scenarios.ts";

/**
 * Plays users against a running server and stops at the first thing that is not as the contract says.
 *
 *   npm run smoke -- <url> [scenario…]
 */
const [url, ...names] = process.argv.slice(2);
const unknown = names.filter((name) => !(name in scenarios));
if (url === undefined || unknown.length > 0) {
  console.error(`usage: npm run smoke -- <url> [${Object.keys(scenarios).join(" | ")}]…`);
  process.exit(2);
}

const smoke = new Smoke(url);
for (const [name, scenario] of Object.entries(scenarios)) {
  if (names.length === 0 || names.includes(name)) await smoke.play(name, scenario);
}
smoke.finish();
