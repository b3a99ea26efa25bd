import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { XmppEnd } from "../../bench/peers/ejabberd/client.ts";
import { findEjabberd, startEjabberd } from "../../bench/peers/ejabberd/system.ts";
import { ReferenceEnd } from "../../bench/peers/reference/client.ts";
import { findReference, startReference } from "../../bench/peers/reference/system.ts";
import type { End, Peer } from "../../bench/peers/system.ts";

const ejabberd = findEjabberd();
const reference = findReference();

/** A comparison with a server that loses texts, or lets anybody in, would say nothing. */
const PEERS = [
  {
    name: "ejabberd",
    isMissing: "missing" in ejabberd,
    start: (path: string) => ("missing" in ejabberd ? undefined : startEjabberd(ejabberd, path)),
    intrude: (url: URL) => XmppEnd.open(url, "user-1", "wrong", { user: "user-0" }),
  },
  {
    name: "the reference server",
    isMissing: "missing" in reference,
    start: (path: string) => ("missing" in reference ? undefined : startReference(reference, path)),
    intrude: (url: URL) => ReferenceEnd.open(url, "no.such.token", "any"),
  },
];

describe.each(PEERS)("$name, which the bench compares with", ({ isMissing, start, intrude }) => {
  let folder = "";
  let peer: Peer | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "nexo-peers-"));
    await chmod(folder, 0o711);
    peer = await start(join(folder, "peer"));
  });

  afterAll(async () => {
    await peer?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test.skipIf(isMissing).each([2, 5])(
    "brings each text to all others of a chat of %i, and answers it",
    async (size) => {
      const members = Array.from({ length: size }, (_, index) => `user-${index}`);
      const [sender, ...others] = await enterAll(peer, members);
      const arrived = Promise.all(others.map((end) => received(end, 20)));
      await Promise.all(Array.from({ length: 20 }, () => sender?.send("text")));
      await arrived;
      await Promise.all([sender, ...others].map((end) => end?.close()));
    },
  );

  test.skipIf(isMissing)("lets nobody in without the right password or token", async () => {
    const url = peer?.url ?? new URL("http://127.0.0.1");
    await expect(intrude(url)).rejects.toThrow(/not-authorized|401/);
  });
});

describe("the reference server", () => {
  test.skipIf("missing" in reference)("takes no text from someone who is not a member", async () => {
    if ("missing" in reference) return;
    const folder = await mkdtemp(join(tmpdir(), "nexo-peers-"));
    await chmod(folder, 0o711);
    const peer = await startReference(reference, join(folder, "peer"));
    try {
      const chat = await peer.chat(["user-0", "user-1"]);
      const outsider = await chat.enter("user-2");
      await expect(outsider.send("text")).rejects.toThrow("not a member");
      await outsider.close();
    } finally {
      await peer.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

async function enterAll(peer: Peer | undefined, members: readonly string[]): Promise<End[]> {
  const chat = await peer?.chat(members);
  const ends: End[] = [];
  for (const member of members) if (chat) ends.push(await chat.enter(member));
  return ends;
}

function received(end: End, count: number): Promise<void> {
  return new Promise((resolve) => {
    let missing = count;
    end.received = (some) => {
      missing -= some;
      if (missing <= 0) resolve();
    };
  });
}
