import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Code, type MessageItem, memoryStorage, type StorageFactory } from "../../../src/client/index.ts";
import { Request } from "../../../src/protocol/frames.ts";
import { CHAT, conversation, message, settle, World } from "./fake-server.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const brief = ({ content, status, seq }: MessageItem) => `${content.text} ${status} ${seq}`;
const shown = (world: World) => world.client.messages(CHAT).getSnapshot().messages.map(brief);
const asked = (world: World) => world.socket.asked(Request.SEND).map(({ data }) => data.client_msg_id);

/** A client of one user that shares its storage with others, as the tabs of a browser do. */
const tab = (storage: StorageFactory) => World.online(100, [conversation(0)], { storage });

describe("tabs of one browser [SEND-3]", () => {
  test("what a tab left behind that was closed, another sends as soon as it is online again", async () => {
    const storage = memoryStorage();
    const [first, second] = [await tab(storage), await tab(storage)];
    await first.socket.end();
    await second.socket.end();
    const { client_msg_id } = first.client.sendText(CHAT, "left behind");
    await settle();
    first.client.close();
    await vi.advanceTimersByTimeAsync(500);
    await second.socket.open();
    await second.socket.catchUp(100);
    expect(asked(second)).toEqual([client_msg_id]);
    await second.socket.answer(Request.SEND, { server_msg_id: 1_001, seq: 1, send_at: 5, prev: 0, cursor: 0 });
    await second.socket.end();
    await vi.advanceTimersByTimeAsync(1_000);
    await second.socket.open();
    await second.socket.catchUp(101);
    expect(asked(second)).toEqual([]);
  });

  test("what failed is not failed any more once another tab has sent it, though nobody looks at the chat", async () => {
    const storage = memoryStorage();
    const first = await tab(storage);
    const { client_msg_id } = first.client.sendText(CHAT, "hello");
    await settle();
    await first.socket.refuse(Request.SEND, Code.USER_NOT_FOUND);
    const second = await tab(storage);
    expect(shown(second)).toEqual(["hello failed 0"]);
    await second.socket.message(message(1, { sender_id: "ann", client_msg_id }), 100, 101);
    expect(shown(second)).toEqual([]);
  });
});
