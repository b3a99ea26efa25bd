import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeTables } from "./markdown.ts";
import { adminTables, documents, protocolTables } from "./openapi/documents.ts";
import { root } from "./wrangler.ts";

/** Writes docs/openapi.json, docs/asyncapi.json, and the tables of docs/PROTOCOL.md and docs/ADMIN.md from src/protocol. */
for (const [file, content] of documents(readFileSync(join(root, "package.json"), "utf8"))) {
  writeFileSync(join(root, file), content);
}
writeTables(join(root, "docs/PROTOCOL.md"), protocolTables());
writeTables(join(root, "docs/ADMIN.md"), adminTables());
