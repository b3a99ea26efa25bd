import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildClient, DECLARATIONS } from "./build-client.ts";
import { sdkApi } from "./sdk-api.ts";
import { root } from "./wrangler.ts";

/** Writes docs/sdk-api.md from the types that the SDK is built with. */
await buildClient();
writeFileSync(join(root, "docs/sdk-api.md"), sdkApi(join(root, "dist/client/types"), DECLARATIONS));
