import { readFileSync, writeFileSync } from "node:fs";
import { BITS, COUNT, placesOf } from "../src/features/logins/common-passwords.ts";
import { LIMITS } from "../src/protocol/limits.ts";

/**
 * node scripts/common-passwords.ts <list>: writes the filter of common passwords from a list, the commonest first, one a
 * line. The filter in the repository is made from the list `passwords` of zxcvbn 4.4.2 (`lib/frequency_lists.js`; MIT,
 * © Dan Wheeler and Dropbox), of which the first 10,000 long enough to be allowed are taken.
 */
const [list] = process.argv.slice(2);
if (list === undefined) throw new Error("give the file with the list");
const all = readFileSync(list, "utf8").split(/\r?\n/);
const common = all.filter((word) => word.length >= LIMITS.passwordCharacters.min).slice(0, COUNT);
const filter = new Uint8Array(BITS / 8);
for (const word of common)
  for (const place of placesOf(word)) filter[place >> 3] = (filter[place >> 3] ?? 0) | (1 << (place & 7));
const base64 = Buffer.from(filter).toString("base64");
const text = `/** Written by scripts/common-passwords.ts, which names the source and its licence. */\nexport const FILTER =\n  "${base64}";\n`;
writeFileSync(`${import.meta.dirname}/../src/features/logins/common-passwords-filter.ts`, text);
console.log(`${common.length} passwords in ${filter.byteLength} bytes`);
