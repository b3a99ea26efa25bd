import { describe, expect, expectTypeOf, test } from "vitest";
import {
  type Client,
  type Conversation,
  type CustomContent,
  type createClient,
  type Message,
  type MessageItem,
  MessageType,
  mediaOf,
  NoticeType,
} from "../../../../src/client/index.ts";
import { message } from "../fake-server.ts";

interface Poll {
  readonly question: string;
  readonly options: readonly string[];
}

type PollClient = ReturnType<typeof createClient<{ custom: Poll }>>;

describe("what a message holds follows from its type", () => {
  test("a text needs no cast in any view or event", () => {
    const textOf = (one: Message | MessageItem) => (one.msg_type === MessageType.TEXT ? one.content.text : "");
    expectTypeOf(textOf).returns.toEqualTypeOf<string>();
    const preview = ({ last_message }: Conversation) =>
      last_message?.msg_type === MessageType.TEXT ? last_message.content.text : null;
    expectTypeOf(preview).returns.toEqualTypeOf<string | null>();
    const routed = async ({ api }: Client) => {
      const { messages } = await api.msg.pull({ conversation_id: "si_ann:ben" });
      return messages.map(textOf);
    };
    expectTypeOf(routed).returns.resolves.toEqualTypeOf<string[]>();
  });

  test("a notice says what it changed", () => {
    const muted = (one: Message) => (one.msg_type === NoticeType.MUTE ? one.content.muted_until : 0);
    expectTypeOf(muted).returns.toEqualTypeOf<number>();
    const named = (one: Message) => (one.msg_type === NoticeType.GROUP_UPDATED ? one.content.name : undefined);
    expectTypeOf(named).returns.toEqualTypeOf<string | undefined>();
  });

  test("custom_data is what the app says, both ways", () => {
    const pollOf = (one: Parameters<Parameters<PollClient["onMessage"]>[0]>[0]) =>
      one.msg_type === MessageType.CUSTOM ? one.content.custom_data : undefined;
    expectTypeOf(pollOf).returns.toEqualTypeOf<Poll | undefined>();
    expectTypeOf<CustomContent<Poll>["custom_data"]>().toEqualTypeOf<Poll>();
    const send = (client: PollClient) => {
      const custom_data = { question: "Lunch?", options: ["yes"] };
      client.send("sg_team", { msg_type: MessageType.CUSTOM, content: { custom_type: "poll", custom_data } });
      // @ts-expect-error a poll has options
      client.send("sg_team", { msg_type: 100, content: { custom_type: "poll", custom_data: { question: "?" } } });
      // @ts-expect-error an image has an address
      client.send("sg_team", { msg_type: MessageType.IMAGE, content: { text: "no image" } });
      // A type that a newer server knows.
      client.send("sg_team", { msg_type: 7, content: { place: "here" } });
    };
    expectTypeOf(send).toBeFunction();
  });

  test("a type that is not known is a message all the same", () => {
    const rest = (one: Message): Record<string, unknown> => one.content;
    const numberOf = (one: Message): number => one.msg_type;
    const isPlace = (one: Message): boolean => Number(one.msg_type) === 7;
    expectTypeOf(isPlace).toBeFunction();
    expectTypeOf(rest).returns.toEqualTypeOf<Record<string, unknown>>();
    expectTypeOf(numberOf).returns.toEqualTypeOf<number>();
  });
});

describe("images, videos, audios and files read alike in both forms", () => {
  test.each([
    [MessageType.IMAGE, { image_url: "a", image_width: 3, image_size: 9 }, { url: "a", width: 3, size: 9 }],
    [MessageType.IMAGE, { image: "b" }, { url: "b", width: undefined }],
    [MessageType.VIDEO, { video_url: "v", video_duration: 4, thumbnail_url: "t" }, { duration: 4, thumbnail_url: "t" }],
    [MessageType.AUDIO, { audio: "c" }, { url: "c" }],
    [MessageType.FILE, { file_url: "f", file_name: "n" }, { url: "f", name: "n" }],
  ])("type %i", (msg_type, content, media) => {
    expect(mediaOf(message(1, { msg_type, content }))).toMatchObject(media);
  });

  test("what a short form says of itself unchecked is no number and no text", () => {
    const content = { file: "f", file_url: { toString: 5 }, file_name: 7, file_size: "big" };
    expect(mediaOf(message(1, { msg_type: MessageType.FILE, content }))).toMatchObject({
      url: "f",
      name: undefined,
      size: undefined,
    });
    expect(mediaOf(message(1, { msg_type: MessageType.IMAGE, content: {} }))).toBeNull();
    expect(mediaOf(message(1))).toBeNull();
  });
});
