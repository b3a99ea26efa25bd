// npm run dev [-- --port 9000] [any other option of `wrangler dev`]
import { parseArgs } from "node:util";
import { buildDocs } from "./build-docs.ts";
import { buildPage } from "./build-page.ts";
import { ensureDevVars } from "./dev-vars.ts";
import { isPortFree } from "./port.ts";
import { root, runWrangler, spawnWrangler } from "./wrangler.ts";

const defaults = {
  port: "8080",
  ip: "127.0.0.1",
  // Any free port: two servers must not use the same debugger port.
  "inspector-port": "0",
  "persist-to": ".wrangler/state",
};

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

const given = process.argv.slice(2);
const { values } = parseArgs({
  args: given,
  strict: false,
  options: {
    port: { type: "string" },
    ip: { type: "string" },
    "inspector-port": { type: "string" },
    "persist-to": { type: "string" },
  },
});
const { port, ip, "persist-to": state } = { ...defaults, ...(values as Partial<typeof defaults>) };
const missing = Object.entries(defaults).filter(([name]) => !(name in values));

if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) fail(`--port ${port} is not a port`);
// Checked before anything is changed: the server on that port may be using the same state.
if (!(await isPortFree(Number(port), ip))) {
  fail(
    `Port ${port} of ${ip} is in use. Stop the program that uses it, or choose another port: npm run dev -- --port 9000`,
  );
}

const added = ensureDevVars(root);
if (added.length > 0) console.log(`Created in .dev.vars: ${added.join(", ")}`);

const [migration] = await Promise.all([
  runWrangler(["d1", "migrations", "apply", "DB", "--local", "--persist-to", state]),
  buildPage(),
  buildDocs(),
]);
if (migration.code !== 0) fail(`The D1 migrations failed:\n${migration.stdout}${migration.stderr}`);

const server = spawnWrangler(
  [
    "dev",
    ...missing.flatMap(([name, value]) => [`--${name}`, value]),
    // All clients on a development machine share one address. These come first, so that the caller's --var wins.
    ...["--var", "FLOOD_LIMITS:off"],
    ...given,
  ],
  "inherit",
);
const stop = () => server.kill("SIGTERM");
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
// npm sends a signal only to its shell, which exits without passing it on. The port would stay in use.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && stop(), 250).unref();
server.on("exit", (code) => process.exit(code ?? 1));
