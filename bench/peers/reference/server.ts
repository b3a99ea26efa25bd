// A small chat server as many would write it: Node, ws, PostgreSQL, Redis. It is what the comparison takes for usual.
import { randomUUID, scryptSync, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { jwtVerify, SignJWT } from "jose";
import { type WebSocket, WebSocketServer } from "ws";
import { z } from "zod";
import { FanOut } from "./fan-out.ts";
import { Store } from "./store.ts";

const id = z.string().min(1).max(64);
const loginBody = z.object({ user_id: id, password: z.string().max(128) });
const conversationBody = z.object({ members: z.array(id).min(2).max(500) });
const frameBody = z.object({
  id: z.string().max(64),
  conversation_id: id,
  client_msg_id: id,
  text: z.string().min(1).max(32_768),
});

const { DATABASE_URL = "", REDIS_URL = "", JWT_SECRET = "", SEED = "" } = process.env;
const key = new TextEncoder().encode(JWT_SECRET);
const store = new Store(DATABASE_URL);
const fanOut = new FanOut(REDIS_URL);

/** At the least cost there is, as for the other systems: signing in is not measured. */
const hashOf = (password: string) => scryptSync(password, "seedseedseedseed", 32, { N: 2, r: 1, p: 1 });

async function userOf(token: string | null): Promise<string | undefined> {
  try {
    return (await jwtVerify(token ?? "", key, { algorithms: ["HS256"] })).payload.sub;
  } catch {
    return undefined;
  }
}

async function login(body: unknown): Promise<object | undefined> {
  const { user_id, password } = loginBody.parse(body);
  const hash = Buffer.from((await store.passwordHash(user_id)) ?? "", "base64");
  const given = hashOf(password);
  if (hash.length !== given.length || !timingSafeEqual(hash, given)) return undefined;
  const token = await new SignJWT().setProtectedHeader({ alg: "HS256" }).setSubject(user_id).setExpirationTime("1d");
  return { token: await token.sign(key) };
}

async function makeConversation(user: string, body: unknown): Promise<object | undefined> {
  const { members } = conversationBody.parse(body);
  if (!members.includes(user)) return undefined;
  const conversation_id = randomUUID();
  await store.makeConversation(conversation_id, members);
  return { conversation_id };
}

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request);
  const user = await userOf(request.headers.authorization?.replace("Bearer ", "") ?? null);
  let answer: object | undefined;
  if (request.url === "/login") answer = await login(body);
  else if (request.url === "/conversations" && user !== undefined) answer = await makeConversation(user, body);
  response.writeHead(answer ? 200 : 401, { "Content-Type": "application/json" }).end(JSON.stringify(answer ?? {}));
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return JSON.parse(text);
}

async function serve(socket: WebSocket, user: string): Promise<void> {
  const socketId = randomUUID();
  const conversations = await store.conversationsOf(user);
  for (const conversation of conversations) await fanOut.join(conversation, socketId, socket);
  socket.on("close", () => {
    for (const conversation of conversations) void fanOut.leave(conversation, socketId);
  });
  socket.on("message", (data) => {
    take(socket, socketId, user, String(data)).catch((error) => {
      console.error(error);
      socket.close(1011);
    });
  });
  socket.send(JSON.stringify({ ready: true }));
}

/** Answers once the message is committed, and then tells the others. */
async function take(socket: WebSocket, socketId: string, user: string, data: string): Promise<void> {
  const frame = frameBody.parse(JSON.parse(data));
  const stored = await store.append(user, frame);
  if (!stored) {
    socket.send(JSON.stringify({ id: frame.id, error: "not a member" }));
    return;
  }
  const { isNew, ...place } = stored;
  socket.send(JSON.stringify({ id: frame.id, ...place }));
  if (!isNew) return;
  const { conversation_id, client_msg_id, text } = frame;
  const message = { conversation_id, sender_id: user, client_msg_id, text, ...place };
  await fanOut.publish(conversation_id, socketId, JSON.stringify({ message }));
}

const sockets = new WebSocketServer({ noServer: true, maxPayload: 65_536 });
const server = createServer((request, response) => {
  respond(request, response).catch(() => response.writeHead(400).end());
});
server.on("upgrade", async (request, socket, head) => {
  const user = await userOf(new URL(request.url ?? "", "http://localhost").searchParams.get("token"));
  if (user === undefined) socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
  else sockets.handleUpgrade(request, socket, head, (ws) => void serve(ws, user));
});

const { users, password } = z.object({ users: z.array(id), password: z.string() }).parse(JSON.parse(SEED));
await store.create(users, hashOf(password).toString("base64"));
await fanOut.start();
server.listen(Number(process.env.PORT), "127.0.0.1");
