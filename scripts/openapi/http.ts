import type { z } from "zod";
import { failure, success } from "../../src/protocol/answers.ts";
import { type Code, codeMessage, httpStatus } from "../../src/protocol/codes.ts";
import { file } from "../../src/protocol/media.ts";
import { ROUTE_ANSWERS, type RouteAnswer, routeCodes, routeKeys } from "../../src/protocol/route-answers.ts";
import { ROUTES, type RouteInput, type RouteKey } from "../../src/protocol/routes.ts";
import { type Json, Schemas } from "./schemas.ts";

const DESCRIPTION = `Every answer except that of \`/health\` has an envelope: \`code\` is 0 or an error code, \`msg\` describes the error in
words for developers, \`data\` is the answer, null on an error. The HTTP status is the class of the code.
Times are Unix milliseconds. Unknown fields in a request are ignored, and null in an optional field counts as absent.
asyncapi.json describes the sockets. PROTOCOL.md describes everything in prose.`;

const TAGS: Readonly<Record<string, string>> = {
  auth: "Accounts and logins",
  user: "Users",
  group: "Groups",
  msg: "Messages",
  conversation: "Conversations",
  sync: "Conversations",
  media: "Files",
  health: "The server",
  ready: "The server",
  ws: "The server",
  admin: "Server API",
  metrics: "The server",
};

const JSON_TYPE = "application/json";
const ANY_TYPE = "*/*";

/** The routes as an OpenAPI 3.1 document. */
export function openApi(version: string): Json {
  const schemas = new Schemas();
  const paths: { [path: string]: Json } = {};
  for (const key of routeKeys()) {
    const [method, path] = partsOf(key);
    const place = path.replaceAll(/:(\w+)/g, "{$1}");
    paths[place] = { ...paths[place], [method.toLowerCase()]: operation(key, schemas) };
  }
  const failed = schemas.output(failure);
  return {
    openapi: "3.1.0",
    info: {
      title: "Nexo IM",
      version,
      summary: "The HTTP routes of an instant messaging server",
      description: DESCRIPTION.replaceAll("\n", " "),
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/", description: "The server that serves this document" }],
    tags: [...new Set(Object.values(TAGS))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { ...schemas.components, Failure: failed },
      responses: refused(),
      headers: {
        RequestId: { description: "Names the request in the server's logs.", schema: { type: "string" } },
        RetryAfter: { description: "Seconds after which a retry may succeed.", schema: { type: "integer" } },
      },
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "The token that /auth/login answers." },
        key: { type: "http", scheme: "bearer", description: "A key that `npm run admin:key` makes." },
      },
    },
  };
}

function partsOf(key: RouteKey): [method: string, path: string] {
  const [method = "", path = ""] = key.split(" ");
  return [method, path];
}

function operation(key: RouteKey, schemas: Schemas): Json {
  const [method, path] = partsOf(key);
  const [, section = ""] = path.split("/");
  const { auth, scope, body, query, params }: RouteInput = ROUTES[key];
  const { summary }: RouteAnswer = ROUTE_ANSWERS[key];
  const parameters = [
    ...(params ? schemas.parameters(params, "path") : []),
    ...(query ? schemas.parameters(query, "query") : []),
  ];
  return {
    operationId: `${method.toLowerCase()}${path.replaceAll(/[/_:]+(\w)/g, (_, first: string) => first.toUpperCase())}`,
    summary,
    tags: [TAGS[section] ?? section],
    security: auth ? [scope ? { key: [] } : { token: [] }] : [],
    ...(scope ? { description: `The key needs the scope \`${scope}\`.` } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { required: true, content: contentOf(body, schemas.input(body)) } } : {}),
    responses: { ...succeeded(key, schemas), ...refusals(routeCodes(key)) },
  };
}

function succeeded(key: RouteKey, schemas: Schemas): Json {
  const { answer, paged, bare, text }: RouteAnswer = ROUTE_ANSWERS[key];
  if (key === "GET /ws") return { 101: { description: "The socket is open." } };
  const headers = { "X-Request-Id": { $ref: "#/components/headers/RequestId" } };
  if (text)
    return { 200: { description: codeMessage(0), headers, content: { "text/plain": { schema: { type: "string" } } } } };
  const schema = schemas.output(bare ? answer : success(answer, paged));
  return { 200: { description: codeMessage(0), headers, content: contentOf(answer, schema) } };
}

/** A file has a type of its own; everything else is JSON. */
function contentOf(schema: z.ZodType, described: Json): Json {
  return { [schema === file ? ANY_TYPE : JSON_TYPE]: { schema: described } };
}

/** References to the answers with a route's codes, by HTTP status. */
function refusals(codes: readonly Code[]): Json {
  return Object.fromEntries(
    byStatus(codes).map(([status, known]) => [status, { $ref: `#/components/responses/${nameOf(known)}` }]),
  );
}

/** Every answer for one or more codes of the same HTTP status. Routes share them. */
function refused(): Json {
  const answers: Json = {};
  for (const [status, codes] of routeKeys().flatMap((key) => byStatus(routeCodes(key)))) {
    const retry = status === 429 ? { "Retry-After": { $ref: "#/components/headers/RetryAfter" } } : {};
    const schema = { allOf: [{ $ref: "#/components/schemas/Failure" }, { properties: { code: { enum: codes } } }] };
    answers[nameOf(codes)] = {
      description: codes.map((code) => `${code} ${codeMessage(code)}`).join("; "),
      headers: { "X-Request-Id": { $ref: "#/components/headers/RequestId" }, ...retry },
      content: { [JSON_TYPE]: { schema } },
    };
  }
  return answers;
}

const nameOf = (codes: readonly Code[]) => `Code${codes.join("-")}`;

function byStatus(codes: readonly Code[]): [status: number, codes: Code[]][] {
  const statuses = [...new Set(codes.map((code) => httpStatus(code)))].sort((a, b) => a - b);
  return statuses.map((status) => [status, codes.filter((code) => httpStatus(code) === status)]);
}
