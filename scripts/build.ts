import { buildClient } from "./build-client.ts";
import { buildDocs } from "./build-docs.ts";
import { buildPage } from "./build-page.ts";

const [client, page] = await Promise.all([buildClient(), buildPage(), buildDocs()]);
const kilobytes = (bytes: number) => `${(bytes / 1_000).toFixed(1)} KB`;
console.log(`dist/client/index.js: ${kilobytes(client.raw)}, gzipped ${kilobytes(client.gzipped)}`);
console.log(`dist/page: ${kilobytes(page.gzipped)} gzipped, all files together`);
