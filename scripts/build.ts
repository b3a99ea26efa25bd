import { buildClient } from "./build-client.ts";

const { raw, gzipped } = await buildClient();
const kilobytes = (bytes: number) => `${(bytes / 1_000).toFixed(1)} KB`;
console.log(`dist/client/index.js: ${kilobytes(raw)}, gzipped ${kilobytes(gzipped)}`);
