import type { Call } from "../../src/core/call.ts";
import { beginUpload, endUpload } from "../../src/features/media/calls.ts";
import { mediaIdsIn } from "../../src/protocol/media-ids.ts";
import type { Client } from "./client.ts";
import type { Logged } from "./model.ts";
import type { World } from "./world.ts";

/** Who uploads, and how they reach their inbox. */
interface Uploader {
  readonly client: Client;
  readonly rest: <Input, Output>(
    call: Call<Input, Output>,
    input: Input,
  ) => Promise<{ readonly ok: true; readonly value: Output } | { readonly ok: false }>;
}

/**
 * Uploads a file as the Worker does: the inbox records the upload, R2 stores it, and the inbox is told of the end. Any
 * step may fail. @returns the address; null if the user gives up, and the file, if there is one, belongs to no message
 */
export async function uploadFile(world: World, { client, rest }: Uploader, chat: string): Promise<string | null> {
  const { random, bucket } = world;
  const reply = await rest(beginUpload, { conversation_id: chat, size: 1_000 });
  if (!reply.ok) return null;
  const { media_id } = reply.value;
  const isStored = await bucket.put(media_id).then(
    () => true,
    () => false,
  );
  const end = { media_id, received: isStored ? null : 0 };
  // A Worker that dies tells nobody.
  const isDead = random.chance(0.2);
  if (!isDead) world.call(client, world.inbox(client.userId), "call", [endUpload.name, end]).catch(() => undefined);
  return isStored && random.chance(0.8) ? `https://server/media/${media_id}` : null;
}

/**
 * Every message that names a file has it, and no other file is kept. To be called when a day has passed since the last
 * upload. [MEDIA-1] [MEDIA-2]
 * @param erased users whose accounts were erased: of them no file is kept
 */
export function wrongFiles({ hosts, bucket: { files } }: World, erased: ReadonlySet<string>): string[] {
  const named = new Map<string, string>();
  for (const [key, { disk }] of hosts) {
    if (!key.startsWith("conversation ") || disk.isBlank) continue;
    for (const { seq, content, sender_id } of disk.run<Logged>("SELECT seq, content, sender_id FROM messages")) {
      // An anonymous erasure leaves messages, and takes their files. [ERASE-2]
      if (erased.has(sender_id)) continue;
      for (const file of mediaIdsIn(content)) named.set(file, `${key} ${seq}`);
    }
  }
  const lost = [...named].filter(([file]) => !files.has(file));
  const orphans = [...files].filter((file) => !named.has(file));
  return [
    ...lost.map(([, message]) => `[MEDIA-1] the file of ${message} is not stored`),
    ...orphans.map((file) => `[MEDIA-2] ${file} is kept, and nothing names it`),
  ];
}

/** A content in which all files are the same. */
export function withoutFiles(content: string): string {
  return mediaIdsIn(content).reduce((bare, id) => bare.replaceAll(id, ""), content);
}
