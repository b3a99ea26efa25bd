/**
 * The backend of an application, as small as it can be: it lets its users into the chat, hears of each message, answers
 * as a bot, and keeps a word out. docs/ADMIN.md explains each part. It needs these settings of the server:
 *
 * LOGIN_ISSUERS=[{"issuer":"shop","audience":"chat","prefix":"s-","secrets":["<SHOP_SECRET>"]}]
 * WEBHOOKS=on, HOOK_BEFORE_URL=<this address>/before, HOOK_BEFORE_SECRET=<HOOK_SECRET>
 *
 * and an endpoint: POST /admin/hooks {"url":"<this address>/events","secret":"<HOOK_SECRET>","types":["message.sent"]}
 *
 * NEXO_URL=… NEXO_KEY=nxk_… SHOP_SECRET=… HOOK_SECRET=whsec_… PORT=8090 node examples/backend.ts
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { SignJWT } from "jose";

const {
  NEXO_URL = "http://127.0.0.1:8080",
  NEXO_KEY = "",
  SHOP_SECRET = "",
  HOOK_SECRET = "",
  PORT = "8090",
} = process.env;
const BOT = "shop-bot";
const FORBIDDEN = /\bspam\b/i;
const FIVE_MINUTES = 300;

/** What the server posts: an event, or a question before one. */
interface Posted {
  readonly id: string;
  readonly type: string;
  readonly data: {
    readonly sender_id: string;
    readonly recv_id?: string;
    readonly content: { readonly text?: string };
  };
}

/** A token for a user who is signed in to the shop. Their client exchanges it at POST /auth/exchange. */
function chatToken(shopUser: string): Promise<string> {
  return new SignJWT({ name: `Customer ${shopUser}` })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer("shop")
    .setAudience("chat")
    .setSubject(shopUser)
    .setExpirationTime("5m")
    .sign(new TextEncoder().encode(SHOP_SECRET));
}

/** Whether a call is the server's: signed with our secret, and not an old one that somebody sends again. */
function isAuthentic({ headers }: IncomingMessage, body: string): boolean {
  const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures } = headers;
  if (Math.abs(Date.now() / 1_000 - Number(timestamp)) > FIVE_MINUTES) return false;
  const key = Buffer.from(HOOK_SECRET.slice("whsec_".length), "base64");
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest();
  return String(signatures)
    .split(" ")
    .map((signature) => Buffer.from(signature.replace(/^v1,/, ""), "base64"))
    .some((given) => given.length === expected.length && timingSafeEqual(given, expected));
}

/** Asks the server API. */
async function admin(path: string, body: object): Promise<void> {
  const response = await globalThis.fetch(new URL(path, NEXO_URL), {
    method: "POST",
    headers: { Authorization: `Bearer ${NEXO_KEY}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
}

/** Answers a message to the bot. The id of the event makes a repeat harmless: the same client_msg_id is one message. */
async function answer({ id, type, data }: Posted): Promise<void> {
  if (type !== "message.sent" || data.recv_id !== BOT) return;
  const client_msg_id = `re-${createHmac("sha256", BOT).update(id).digest("base64url")}`;
  const content = { text: `You said: ${data.content.text}` };
  await admin("/admin/messages", { sender_id: BOT, recv_id: data.sender_id, client_msg_id, msg_type: 1, content });
}

function verdict({ type, data }: Posted): object {
  const isForbidden = type === "message.sending" && FORBIDDEN.test(data.content.text ?? "");
  return isForbidden ? { action: "deny", msg: "no spam, please" } : { action: "allow" };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? "/", "http://shop");
  try {
    // A real shop would ask its own session who this is.
    if (url.pathname === "/chat-token") return response.end(await chatToken(url.searchParams.get("user") ?? ""));
    const body = await textOf(request);
    if (!isAuthentic(request, body)) return response.writeHead(401).end();
    const posted: Posted = JSON.parse(body);
    if (url.pathname === "/before") return response.end(JSON.stringify(verdict(posted)));
    await answer(posted);
    return response.end();
  } catch (error) {
    console.error(error);
    // The server tries again.
    return response.writeHead(500).end();
  }
});

await admin("/admin/users", { user_id: BOT, nickname: "Shop" });
server.listen(Number(PORT), () => console.log(`listening on ${PORT}`));
