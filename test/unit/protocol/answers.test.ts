import { build } from "esbuild";
import { describe, expect, expectTypeOf, test } from "vitest";
import type { z } from "zod";
import type { Me, Presence, User } from "../../../src/protocol/account-model.ts";
import type { pulled } from "../../../src/protocol/amend-answers.ts";
import * as answers from "../../../src/protocol/answers.ts";
import type { Group, GroupMember } from "../../../src/protocol/group-model.ts";
import { message as messageSchema } from "../../../src/protocol/message-answers.ts";
import type * as model from "../../../src/protocol/model.ts";

const user = { user_id: "ann", id: "ann", nickname: "Ann", avatar: "", extra: "", created_at: 1 };
const message = {
  server_msg_id: 7,
  id: 7,
  conversation_id: "sg_g",
  seq: 1,
  client_msg_id: "c",
  sender_id: "ann",
  recv_id: "",
  group_id: "g",
  session_type: 2,
  msg_type: 1,
  content: { text: "Hello" },
  send_at: 1,
  meta: null,
  amended: null,
};

describe("the schemas of answers", () => {
  test("match the types of the SDK", () => {
    expectTypeOf<z.output<typeof answers.user>>().toEqualTypeOf<User>();
    expectTypeOf<z.output<typeof answers.me>>().toEqualTypeOf<Me>();
    expectTypeOf<z.output<typeof answers.group>>().toEqualTypeOf<Group>();
    expectTypeOf<z.output<typeof answers.member>>().toEqualTypeOf<GroupMember>();
    expectTypeOf<z.output<typeof messageSchema>>().toEqualTypeOf<model.Message>();
    expectTypeOf<z.output<typeof answers.conversation>>().toEqualTypeOf<model.Conversation>();
    expectTypeOf<z.output<typeof answers.goneConversation>>().toEqualTypeOf<model.GoneConversation>();
    expectTypeOf<z.output<typeof pulled>>().toEqualTypeOf<model.Pulled>();
    expectTypeOf<z.output<typeof answers.readState>>().toEqualTypeOf<model.ReadState>();
    expectTypeOf<z.output<typeof answers.readBy>>().toEqualTypeOf<model.ReadBy>();
    expectTypeOf<z.output<typeof answers.presence>>().toEqualTypeOf<Presence>();
    expectTypeOf<z.output<typeof answers.synced>>().toEqualTypeOf<model.Synced>();
  });

  test("[API-1] accept exactly the listed fields", () => {
    expect(answers.user.safeParse(user).success).toBe(true);
    expect(answers.user.safeParse({ ...user, password_hash: "x" }).success).toBe(false);
    const { extra: _, ...less } = user;
    expect(answers.user.safeParse(less).success).toBe(false);
    expect(answers.user.safeParse({ ...user, avatar: null }).success).toBe(false);
  });

  test.each([
    ["as it should be", {}, true],
    ["with two ids", { id: 8 }, false],
    ["of a group with a receiver", { recv_id: "ben" }, false],
    ["that is a notice without its content", { msg_type: 1001 }, false],
    [
      "that is a notice with its content",
      { msg_type: 1001, content: { operator_id: "ann", user_ids: ["ann"], inviter_user_id: "" } },
      true,
    ],
  ])("a message %s", (_, changes, isRight) => {
    expect(messageSchema.safeParse({ ...message, ...changes }).success).toBe(isRight);
  });
});

describe("what bundles carry", () => {
  const inputsOf = async (entry: string) => {
    const { metafile } = await build({
      entryPoints: [entry],
      bundle: true,
      format: "esm",
      platform: "neutral",
      mainFields: ["module", "main"],
      external: ["cloudflare:workers", "node:*", "crypto"],
      write: false,
      metafile: true,
      logLevel: "error",
    });
    return Object.keys(metafile.inputs);
  };
  const documents = /protocol\/([a-z]+-)?answers\.ts$/;

  test("the Worker: no schema of an answer", async () => {
    expect((await inputsOf("src/index.ts")).filter((file) => documents.test(file))).toEqual([]);
  });

  test("the SDK: no schema at all", async () => {
    const schemas = (await inputsOf("src/client/index.ts")).filter((file) => /\/zod\/|bodies\.ts$/.test(file));
    expect(schemas).toEqual([]);
  });
});
