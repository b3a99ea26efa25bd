import type { FloorEnv } from "./env.ts";
import { envelope } from "./frames.ts";

export { Pages } from "./pages.ts";
export { Rows } from "./rows.ts";
export { User } from "./user.ts";

type Route = (url: URL, env: FloorEnv, request: Request) => Promise<Response>;

const name = (url: URL) => url.searchParams.get("name") ?? "";
const number = (url: URL, key: string) => Number(url.searchParams.get(key));

/**
 * The least work that the runtime needs for what the server does: no framework, validation, auth or rules. Routes that
 * the SDK calls have the server's paths.
 */
const ROUTES: Record<string, Route> = {
  "/health": async () => envelope("{}"),
  "/rows": (url, env, request) => env.ROWS.getByName(name(url)).fetch(request),
  "/fanout": (url, env, request) => env.ROWS.getByName(name(url)).fetch(request),
  "/user": (url, env, request) => env.USER.getByName(name(url)).fetch(request),
  "/msg/send": async (_url, env, request) => {
    const seq = await env.USER.getByName("rest").send(await request.text(), "rest", []);
    return envelope(`{"seq":${seq}}`);
  },
  "/msg/pull": async (url, env) => envelope(await env.PAGES.getByName("messages").pull(number(url, "begin_seq"))),
  "/conversation/list": async (url, env) => envelope(await env.PAGES.getByName("list").list(number(url, "limit"))),
  "/sync": async (url, env) =>
    envelope(await env.PAGES.getByName("list").sync(number(url, "since"), number(url, "limit"))),
  "/media": async (url, env, request) => {
    if (request.method === "POST") {
      await env.MEDIA.put("file", request.body);
      return envelope(JSON.stringify({ url: url.origin + url.pathname }));
    }
    return new Response((await env.MEDIA.get("file"))?.body);
  },
  "/fill-messages": async (url, env, request) => {
    await env.PAGES.getByName("messages").fillMessages(number(url, "count"), await request.text());
    return envelope("{}");
  },
  "/fill-list": async (_url, env, request) => {
    const { ids, preview } = await request.json<{ ids: string[]; preview: string }>();
    await env.PAGES.getByName("list").fillList(ids, preview);
    return envelope("{}");
  },
};

export default {
  fetch(request: Request, env: FloorEnv): Promise<Response> | Response {
    const url = new URL(request.url);
    return ROUTES[url.pathname]?.(url, env, request) ?? new Response(null, { status: 404 });
  },
};
