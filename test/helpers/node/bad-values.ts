import { RawJson } from "./json.ts";

/** Leaves the field out. */
const absent = Symbol("absent");

type Bad = readonly [name: string, value: unknown];

const wrongTypes: readonly Bad[] = [
  ["a number", 7],
  ["true", true],
  ["an array", ["x"]],
  ["an object", { x: "x" }],
];

const idsOutOfForm: readonly Bad[] = [
  ["with a colon", "a:b"],
  ["with a slash", "a/b"],
  ["with spaces", "a b"],
  ["of 65 characters", "x".repeat(65)],
  ["an emoji", "👋"],
  ["right-to-left", "שלום"],
  ["with NUL", "a\0b"],
  ["with a line break", "a\n"],
];

const conversationIdsOutOfForm: readonly Bad[] = [
  ["nonsense", "nonsense"],
  ["empty", ""],
  ["unsorted", "si_b:a"],
  ["with oneself", "si_a:a"],
  ["of one", "si_a"],
  ["of three", "si_a:b:c"],
  ["without a group", "sg_"],
  ["with a slash", "sg_a/b"],
  ["with a space", "sg_a b"],
  ["of a user id of 65 characters", `si_a:${"b".repeat(65)}`],
];

const numbersOutOfForm: readonly Bad[] = [
  ["negative", -1],
  ["fractional", 1.5],
  ["huge", 1e300],
  ["past 2^53", 2 ** 53 + 2],
  ["a text", "1"],
  ["an array", [1]],
  ["an object", {}],
  ["true", true],
];

/** Brackets that nest deeper than JSON.stringify can go. As base64 they still fit into a frame. */
const tooDeep = new RawJson("[".repeat(15_000) + "]".repeat(15_000));
const missing: readonly Bad[] = [
  ["absent", absent],
  ["null", null],
];

const many = (n: number) => Array.from({ length: n }, (_, index) => `user-${index}`);
const required = (bad: readonly Bad[]): readonly Bad[] => [...missing, ...bad];
const texts = (max: number, min = 0): readonly Bad[] => [
  ...wrongTypes,
  ["too long", "x".repeat(max + 1)],
  ...(min > 0 ? [["too short", "x".repeat(min - 1)] as const] : []),
];
const listsOfIds: readonly Bad[] = [
  ["a text", "x"],
  ["a number", 7],
  ["an object", {}],
  ["of 101", many(101)],
  ["with a number in it", ["a", 7]],
  ["with a malformed id", ["a", "b:c"]],
  ["nested deep", tooDeep],
];

/** The kind of a field is a list of invalid values. */
export const field = {
  id: required([...wrongTypes, ...idsOutOfForm, ["empty", ""]]),
  optionalId: [...wrongTypes, ...idsOutOfForm],
  conversationId: required([...wrongTypes, ...conversationIdsOutOfForm]),
  nickname: [...required(texts(64, 1)), ["of spaces", "  "], ["with a bidi control", "a\u202e"]] as readonly Bad[],
  newId: [...wrongTypes, ...idsOutOfForm, [".", "."], ["..", ".."]] as readonly Bad[],
  optionalNickname: [...texts(64), ["of spaces", "  "], ["with a bidi control", "a\u202e"]] as readonly Bad[],
  password: required(texts(128, 6)),
  anyPassword: required(wrongTypes),
  profileText: texts(2_048),
  extra: wrongTypes,
  clientMsgId: required([...texts(64, 1), ["of 65 bytes in 17 characters", `${"👋".repeat(16)}x`]]),
  platform: [...numbersOutOfForm, ["11", 11]] as readonly Bad[],
  sessionType: [...numbersOutOfForm, ["3", 3]] as readonly Bad[],
  messageType: required([...numbersOutOfForm, ["0", 0], ["6", 6], ["a notice's", 1001]]),
  seq: required(numbersOutOfForm),
  optionalSeq: numbersOutOfForm,
  limit: numbersOutOfForm,
  order: [...wrongTypes, ["sideways", "sideways"] as Bad],
  recvMsgOpt: [...numbersOutOfForm, ["3", 3] as Bad],
  flag: [
    ["a number", 1],
    ["a text", "true"],
    ["an array", [true]],
  ] as const,
  ids: required(listsOfIds),
  seqs: [
    ["a text", "1"],
    ["an object", {}],
    ["of 101", many(101).map((_, index) => index + 1)],
    ["with a fraction in it", [1, 1.5]],
    ["with a negative in it", [-1]],
    ["with a text in it", ["1"]],
  ] as const,
  content: required([
    ["a text", '{"text":"x"}'],
    ["a number", 7],
    ["an array", [{ text: "x" }]],
    ["empty", {}],
    ["with a number for its text", { text: 7 }],
    ["with null for its text", { text: null }],
    ["with a number for an image in addition to its text", { text: "x", image: 5 }],
    ["with a number beyond the range of doubles", new RawJson('{"text":"x","n":1e999}')],
    ["over 32 KB", { text: "x".repeat(33_000) }],
    ["nested deep", { text: "x", deep: tooDeep }],
    ["nothing but nested arrays", tooDeep],
  ]),
  queryConversationId: [["absent", absent], ...conversationIdsOutOfForm] as readonly Bad[],
  querySeq: [
    ["negative", "-1"],
    ["fractional", "1.5"],
    ["huge", "1e300"],
    ["past 2^53", "9007199254740994"],
    ["a word", "one"],
    ["hexadecimal", "0x10"],
  ] as const,
  queryLimit: [
    ["negative", "-1"],
    ["fractional", "1.5"],
    ["a word", "all"],
  ] as const,
  queryOrder: [["sideways", "sideways"]] as const,
} satisfies Record<string, readonly Bad[]>;

export type Fields = Readonly<Record<string, readonly Bad[]>>;

/** Each way to make one field of a valid request invalid: [name of the field, what is wrong, the invalid request]. */
export function spoilt(
  good: Record<string, unknown>,
  fields: Fields,
): [field: string, wrong: string, request: Record<string, unknown>][] {
  return Object.entries(fields).flatMap(([name, bad]) =>
    bad.map(([wrong, value]): [string, string, Record<string, unknown>] => {
      const { [name]: _, ...others } = good;
      return [name, wrong, value === absent ? others : { ...others, [name]: value }];
    }),
  );
}
