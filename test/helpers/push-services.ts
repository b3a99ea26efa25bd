/** A request that a fake service got. */
export interface Received {
  readonly url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  /** Base64. */
  readonly body: string;
}

/**
 * The internet of the tests in workerd: every request that the Worker or an object sends out comes here, over the real
 * network stack of the runtime. It runs in Node, outside the tested code.
 *
 * What a service does is in the name that a test chose for its device, for example `410`, `503-once`, `hangs` or
 * `redirects`; any other name is answered 201. A test reads what was received at `https://received.test/<name>`.
 */
export class FakeServices {
  readonly #received = new Map<string, Received[]>();

  async answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (url.hostname === "received.test") {
      return Response.json(this.#received.get(decodeURIComponent(url.pathname.slice(1))) ?? []);
    }
    const body = Buffer.from(await request.arrayBuffer());
    const name = nameOf(url, body);
    const before = this.#received.get(name) ?? [];
    const headers = Object.fromEntries(request.headers);
    this.#received.set(name, [
      ...before,
      { url: request.url, method: request.method, headers, body: body.toString("base64") },
    ]);
    if (url.hostname === "oauth2.googleapis.com") {
      return Response.json({ access_token: `access ${before.length}`, expires_in: 3_600 });
    }
    return await answerBy(name, before.length);
  }
}

async function answerBy(name: string, times: number): Promise<Response> {
  const [how = ""] = name.split(/[~-]/);
  const isOver = name.includes("-once") && times > 0;
  if (how === "hangs" && !isOver) await new Promise(() => undefined);
  if (how === "redirects") {
    return new Response(null, { status: 307, headers: { Location: "https://fcm.googleapis.com/send/elsewhere" } });
  }
  const status = /^\d{3}$/.test(how) && !isOver ? Number(how) : 201;
  return new Response(null, { status, headers: { "Retry-After": "1" } });
}

/** The device that a request is for: the last part of an endpoint, or FCM's token. */
function nameOf(url: URL, body: Buffer): string {
  if (url.hostname === "oauth2.googleapis.com") return "oauth";
  if (url.pathname.endsWith("/messages:send")) return JSON.parse(body.toString()).message.token;
  return decodeURIComponent(url.pathname.split("/").at(-1) ?? "");
}
