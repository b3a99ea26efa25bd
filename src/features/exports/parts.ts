import { withDeadline } from "../../deadline.ts";

/** How long R2 may take for a part or a list. */
const PATIENCE = 10_000;
/** R2 deletes, and lists, at most this many in one call. */
const BATCH = 1_000;

const prefixOf = (exportId: string) => `exports/${exportId}/`;

export async function putPart(bucket: R2Bucket, exportId: string, part: number, text: string): Promise<void> {
  const key = prefixOf(exportId) + String(part).padStart(6, "0");
  await withDeadline(bucket.put(key, text), PATIENCE);
}

/** The parts of an export in their order. */
export async function partsOf(bucket: R2Bucket, exportId: string): Promise<R2Object[]> {
  const parts: R2Object[] = [];
  for (let cursor: string | undefined; ; ) {
    const options = { prefix: prefixOf(exportId), limit: BATCH, ...(cursor && { cursor }) };
    const page = await withDeadline(bucket.list(options), PATIENCE);
    parts.push(...page.objects);
    if (!page.truncated) return parts;
    cursor = page.cursor;
  }
}

/** Deletes all parts, also one that a crash left behind unrecorded. */
export async function deleteParts(bucket: R2Bucket, exportId: string): Promise<void> {
  const keys = (await partsOf(bucket, exportId)).map(({ key }) => key);
  for (let at = 0; at < keys.length; at += BATCH) {
    await withDeadline(bucket.delete(keys.slice(at, at + BATCH)), PATIENCE);
  }
}
