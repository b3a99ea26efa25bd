import type { FloorEnv } from "./env.ts";

export { Pages } from "./pages.ts";
export { Rows } from "./rows.ts";
export { User } from "./user.ts";

type Route = (url: URL, env: FloorEnv, request: Request) => Promise<Response>;

const json = (text: string) => new Response(text, { headers: { "Content-Type": "application/json" } });
const name = (url: URL) => url.searchParams.get("name") ?? "";
const number = (url: URL, key: string) => Number(url.searchParams.get(key));

/** The least that the runtime needs for what the server does: no framework, validation, auth or rules. */
const ROUTES: Record<string, Route> = {
  "/health": async () => json('{"status":"ok"}'),
  "/rows": (url, env, request) => env.ROWS.getByName(name(url)).fetch(request),
  "/fanout": (url, env, request) => env.ROWS.getByName(name(url)).fetch(request),
  "/user": (url, env, request) => env.USER.getByName(name(url)).fetch(request),
  "/send": async (url, env, request) => {
    const text = await request.text();
    return json(`{"seq":${await env.USER.getByName(name(url)).send(text, url.searchParams.get("room") ?? "", [])}}`);
  },
  "/pull": async (url, env) => json(await env.PAGES.getByName("messages").pull(number(url, "from"))),
  "/list": async (url, env) => json(await env.PAGES.getByName("list").list(number(url, "limit"))),
  "/sync": async (url, env) => json(await env.PAGES.getByName("list").sync(number(url, "since"), number(url, "limit"))),
  "/fill-messages": async (url, env, request) => {
    await env.PAGES.getByName("messages").fillMessages(number(url, "count"), await request.text());
    return json("{}");
  },
  "/fill-list": async (_url, env, request) => {
    const { ids, preview } = await request.json<{ ids: string[]; preview: string }>();
    await env.PAGES.getByName("list").fillList(ids, preview);
    return json("{}");
  },
};

export default {
  fetch(request: Request, env: FloorEnv): Promise<Response> | Response {
    const url = new URL(request.url);
    return ROUTES[url.pathname]?.(url, env, request) ?? new Response(null, { status: 404 });
  },
};
