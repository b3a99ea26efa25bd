// npm run import -- --url https://<your server> --key nxk_… (--mysql-dump FILE | --ndjson DIR)
import { parseArgs } from "node:util";
import { rowsOfDump } from "./import/mysql.ts";
import { sourceOfFolder } from "./import/ndjson.ts";
import { type Ask, runImport } from "./import/run.ts";
import { V2Source } from "./import/v2.ts";

const { values } = parseArgs({
  options: {
    url: { type: "string", default: "http://127.0.0.1:8080" },
    key: { type: "string", default: process.env.NEXO_KEY ?? "" },
    "mysql-dump": { type: "string" },
    ndjson: { type: "string" },
  },
});

/** The codes of a key that is wrong, missing, or lacks a scope. */
const KEY_REFUSED = new Set([1004, 2001, 2003]);
/** A server that is busy or restarts is asked again, with growing pauses. */
const PAUSES = [1_000, 2_000, 5_000, 10_000, 30_000, 60_000];
const AGAIN = new Set([429, 500, 502, 503, 504]);

const ask: Ask = async (method, path, body) => {
  for (let attempt = 0; ; attempt++) {
    const pause = PAUSES[attempt];
    try {
      const response = await fetch(new URL(path, values.url), {
        method,
        headers: { Authorization: `Bearer ${values.key}`, "Content-Type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(60_000),
      });
      if (pause === undefined || !AGAIN.has(response.status)) {
        const answer = (await response.json()) as Awaited<ReturnType<Ask>>;
        if (KEY_REFUSED.has(answer.code)) throw new Refused(answer.msg);
        return answer;
      }
      await response.body?.cancel();
    } catch (error) {
      if (pause === undefined || error instanceof Refused) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
};

/** The key is wrong or lacks a scope: another attempt would not help. */
class Refused extends Error {}

async function sourceGiven() {
  const dump = values["mysql-dump"];
  if (dump === undefined) return await sourceOfFolder(values.ndjson ?? "");
  const source = new V2Source();
  for await (const { table, row } of rowsOfDump(dump)) source.take(table, row);
  return source;
}

if ((values["mysql-dump"] === undefined) === (values.ndjson === undefined)) {
  console.error("Give one of --mysql-dump FILE and --ndjson DIR");
  process.exit(1);
}
const started = Date.now();
const show = (line: string) => process.stdout.write(process.stdout.isTTY ? `\r\x1b[K${line}` : "");
const report = await runImport(await sourceGiven(), ask, show);
show("");
const { refused, ...counts } = report;
console.log(
  Object.entries(counts)
    .map(([what, count]) => `${what} ${count}`)
    .join(", "),
  `in ${Math.round((Date.now() - started) / 1_000)} s`,
);
for (const line of refused) console.log(`refused: ${line}`);
if (refused.length > 0) process.exitCode = 1;
