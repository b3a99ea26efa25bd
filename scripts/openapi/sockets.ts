import { type Code, codeMessage } from "../../src/protocol/codes.ts";
import {
  FRAME_ANSWERS,
  frameCodes,
  frameNumbers,
  PUSHES,
  type PushContent,
  type PushNumber,
  pushNumbers,
} from "../../src/protocol/frame-answers.ts";
import { FRAMES, type FrameInput, type FrameNumber, type SocketKind } from "../../src/protocol/frame-requests.ts";
import { ROUTES } from "../../src/protocol/routes.ts";
import { type Json, Schemas } from "./schemas.ts";

const DESCRIPTION = `Frames are JSON text. A client gives each request its own msg_incr and matches the answer by it; pushes have
none. v2 dialect: a socket with sdk_type in its query, or one that has sent \`data\` as a base64 string of JSON, gets
\`data\` of answers and pushes as base64, too. The null of an error stays null. openapi.json describes the routes.
PROTOCOL.md describes everything in prose.`;

/** The pushes that a conversation's socket gets. The user's socket gets all pushes. */
const CONVERSATION_PUSHES: readonly number[] = [2001, 2002, 2003, 2006, 3001];

const CHANNELS: Readonly<Record<SocketKind, { title: string; description: string }>> = {
  user: { title: "The user's socket", description: "Carries all conversations of the user in one stream." },
  conversation: {
    title: "A conversation's socket",
    description:
      "Held by that conversation: the same frames, for that conversation only. prev and cursor are always 0, which means: not known here, keep yours.",
  },
};
const KINDS = ["user", "conversation"] as const;

/** The sockets as an AsyncAPI 3.0 document, from the server's point of view: it receives requests and sends pushes. */
export function asyncApi(version: string): Json {
  const schemas = new Schemas();
  const messages: { [name: string]: Json } = {
    ping: { name: "ping", title: "ping", contentType: "text/plain", payload: { type: "string", const: "ping" } },
    pong: {
      name: "pong",
      title: "pong",
      summary: "The user's socket adds the cursor: `pong:<cursor>`.",
      contentType: "text/plain",
      payload: { type: "string", pattern: "^pong(:\\d+)?$" },
    },
  };
  for (const number of frameNumbers()) {
    messages[nameOf(number)] = request(number, schemas);
    messages[`${nameOf(number)}Answer`] = answer(number, schemas);
  }
  for (const number of pushNumbers()) messages[pushName(number)] = push(number, schemas);
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Nexo IM",
      version,
      description: DESCRIPTION.replaceAll("\n", " "),
      license: { name: "MIT" },
    },
    defaultContentType: "application/json",
    servers: {
      own: {
        host: "im.example",
        protocol: "wss",
        description: "Where the server is",
        security: ["header", "query", "subprotocol"].map((place) => ({
          $ref: `#/components/securitySchemes/${place}`,
        })),
      },
    },
    channels: Object.fromEntries(KINDS.map((kind) => [kind, channel(kind, schemas)])),
    operations: Object.assign({}, ...KINDS.map(operations)),
    components: {
      schemas: schemas.components,
      messages,
      securitySchemes: {
        header: { type: "http", scheme: "bearer" },
        query: {
          type: "httpApiKey",
          in: "query",
          name: "token",
          description: "For clients of v2. A URL may end up in logs, so prefer the others.",
        },
        subprotocol: {
          type: "httpApiKey",
          in: "header",
          name: "Sec-WebSocket-Protocol",
          description: "For browsers: the subprotocols `nexo` and `nexo.token.<token>`.",
        },
      },
    },
  };
}

function framesOn(kind: SocketKind): FrameNumber[] {
  return frameNumbers().filter((number) => {
    const { sockets }: FrameInput = FRAMES[number];
    return sockets.includes(kind);
  });
}

function pushesOn(kind: SocketKind): PushNumber[] {
  return pushNumbers().filter((number) => kind === "user" || CONVERSATION_PUSHES.includes(number));
}

function channel(kind: SocketKind, schemas: Schemas): Json {
  const names = [
    "ping",
    "pong",
    ...framesOn(kind).flatMap((number) => [nameOf(number), `${nameOf(number)}Answer`]),
    ...pushesOn(kind).map(pushName),
  ];
  const leftOut = kind === "user" ? "conversation_id" : "since";
  const parameters = schemas
    .parameters(ROUTES["GET /ws"].query, "query")
    .filter(({ name }) => name !== leftOut && name !== "token");
  return {
    address: "/ws",
    ...CHANNELS[kind],
    messages: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
    bindings: {
      ws: {
        method: "GET",
        query: {
          type: "object",
          properties: Object.fromEntries(parameters.map(({ name, schema }) => [String(name), schema])),
          ...(kind === "conversation" ? { required: ["conversation_id"] } : {}),
        },
      },
    },
  };
}

function operations(kind: SocketKind): Json {
  const place = { $ref: `#/channels/${kind}` };
  const message = (name: string) => ({ $ref: `#/channels/${kind}/messages/${name}` });
  const asked = (name: string, reply: string) => ({
    action: "receive",
    channel: place,
    messages: [message(name)],
    reply: { channel: place, messages: [message(reply)] },
  });
  return Object.fromEntries([
    [`${kind}.ping`, asked("ping", "pong")],
    ...framesOn(kind).map((number) => [`${kind}.${nameOf(number)}`, asked(nameOf(number), `${nameOf(number)}Answer`)]),
    ...pushesOn(kind).map((number) => [
      `${kind}.${pushName(number)}`,
      { action: "send", channel: place, messages: [message(pushName(number))] },
    ]),
  ]);
}

const text = { type: "string" };

function request(number: FrameNumber, schemas: Schemas): Json {
  const { name, data }: FrameInput = FRAMES[number];
  return {
    name: nameOf(number),
    title: `${number} ${name}`,
    payload: {
      type: "object",
      properties: {
        req_identifier: { type: "integer", const: number },
        msg_incr: text,
        operation_id: text,
        send_id: text,
        data: schemas.input(data),
      },
      required: ["req_identifier"],
    },
  };
}

function answer(number: FrameNumber, schemas: Schemas): Json {
  const codes = frameCodes(number);
  return {
    name: `${nameOf(number)}Answer`,
    title: `The answer to ${number} ${FRAMES[number].name}`,
    summary: `Errors: ${codes.map((code) => `${code} ${codeMessage(code)}`).join("; ")}`,
    payload: {
      oneOf: [frame(number, [0], schemas.output(FRAME_ANSWERS[number].answer)), frame(number, codes, { type: "null" })],
    },
  };
}

function push(number: PushNumber, schemas: Schemas): Json {
  const { name, data, code, to }: PushContent = PUSHES[number];
  return {
    name: pushName(number),
    title: `${number} ${name}`,
    summary: `To ${to}.`,
    payload: frame(number, [code], schemas.output(data)),
  };
}

function frame(number: number, codes: readonly Code[], data: Json): Json {
  return {
    type: "object",
    properties: {
      req_identifier: { type: "integer", const: number },
      msg_incr: text,
      operation_id: text,
      err_code: { type: "integer", enum: codes },
      err_msg: text,
      data,
    },
    required: ["req_identifier", "msg_incr", "operation_id", "err_code", "err_msg", "data"],
  };
}

function nameOf(number: FrameNumber): string {
  return camel(FRAMES[number].name);
}

function pushName(number: PushNumber): string {
  return `${camel(PUSHES[number].name)}Push`;
}

function camel(name: string): string {
  return name.replaceAll(/ (\w)/g, (_, first: string) => first.toUpperCase());
}
