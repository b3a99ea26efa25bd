// npm run admin:key -- --scope all [--note "what it is for"] [--remote]
// npm run admin:key -- --revoke <key_id> [--remote], npm run admin:key -- --list [--remote]
import { parseArgs } from "node:util";
import { keyCommand } from "./admin-key-steps.ts";
import { runWrangler } from "./wrangler.ts";

try {
  const { values } = parseArgs({
    options: {
      scope: { type: "string" },
      note: { type: "string", default: "" },
      revoke: { type: "string" },
      list: { type: "boolean", default: false },
      remote: { type: "boolean", default: false },
      "persist-to": { type: "string", default: ".wrangler/state" },
    },
  });
  const { sql, say } = keyCommand(values, Date.now());
  const where = values.remote ? ["--remote"] : ["--local", "--persist-to", values["persist-to"]];
  const { code, stdout, stderr } = await runWrangler(["d1", "execute", "DB", ...where, "--json", "--command", sql]);
  if (code !== 0) throw new Error(`The database refused:\n${stdout}${stderr}`);
  console.log(say(JSON.parse(stdout.slice(stdout.indexOf("[")))[0].results));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
