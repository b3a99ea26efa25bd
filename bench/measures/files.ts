import { createApi } from "../../src/client/index.ts";
import { rateOf } from "../client/load.ts";
import { type Family, interleave, measuresOf } from "../runner.ts";
import { seedPeople } from "../seed.ts";
import { type Server, withPair } from "../servers.ts";

const MEGABYTES = 10;
/** The server takes five of a user at once. */
const LANES = 2;
const UNIT = { unit: "MB/s", better: "higher" } as const;

/** Uploads and downloads of 10 MB, against a Worker that passes bodies to R2 and back and does nothing else. */
export const files: Family = {
  names: ["upload", "download"],
  run: (context) =>
    withPair(context.builds, async ({ ours, floor }) => {
      const [alice] = await seedPeople(ours, ["alice", "bob"], ["alice"]);
      const file = new Blob([new Uint8Array(MEGABYTES * 1_000_000).fill(7)], { type: "application/octet-stream" });
      const query = { conversation_id: "si_alice:bob" };
      const uploadTo = (server: Server, token?: string) => {
        const { media } = createApi({ url: server.url.origin, token });
        return () => media.upload(query, file);
      };
      const sides = { ours: uploadTo(ours, alice?.token), floor: uploadTo(floor) };
      const uploads = await interleave(
        context,
        "upload",
        async () => ({ upload: await megabytes(sides.ours, context.milliseconds) }),
        async () => ({ upload: await megabytes(sides.floor, context.milliseconds) }),
      );
      const urls = { ours: (await sides.ours()).url, floor: (await sides.floor()).url };
      const downloads = await interleave(
        context,
        "download",
        async () => ({ download: await megabytes(() => download(urls.ours), context.milliseconds) }),
        async () => ({ download: await megabytes(() => download(urls.floor), context.milliseconds) }),
      );
      return [
        ...measuresOf(uploads, { upload: { ...UNIT, target: 0.7 } }),
        ...measuresOf(downloads, { download: { ...UNIT, target: 0.8 } }),
      ];
    }),
};

async function megabytes(transfer: () => Promise<unknown>, milliseconds: number): Promise<number> {
  const lanes = Array.from({ length: LANES }, () => transfer);
  return MEGABYTES * (await rateOf(lanes, milliseconds));
}

async function download(url: string): Promise<void> {
  // biome-ignore lint/style/noRestrictedGlobals: a browser downloads a file, not the SDK
  const { byteLength } = await (await fetch(url)).arrayBuffer();
  if (byteLength !== MEGABYTES * 1_000_000) throw new Error(`${byteLength} bytes of a file`);
}
