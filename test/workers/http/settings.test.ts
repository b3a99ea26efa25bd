import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { call } from "../../helpers/workers/api.ts";
import { settings } from "../../helpers/workers/settings.ts";
import { upgrade } from "../../helpers/workers/socket.ts";

settings({ JWT_SECRET: "short", SEND_BURST: "many" });
const error = vi.spyOn(console, "error").mockImplementation(() => undefined);

test("[ERR-1] with a wrong setting every request is refused, and the log names the setting but not its value", async () => {
  for (const [method, path] of [
    ["GET", "/health"],
    ["POST", "/auth/register"],
    ["GET", "/user/info"],
    ["GET", "/nowhere"],
  ] as const) {
    const answer = await call(method, path, { headers: { "X-Request-Id": "mine" } });
    expect(answer).toMatchObject({ status: 500, code: 1002, data: null, msg: "internal error, request mine" });
  }
  expect((await upgrade({ token: "x" })).status).toBe(500);
  const ready = await call("GET", "/ready");
  expect(ready).toMatchObject({ status: 503, code: 1008, data: null, msg: expect.stringContaining("settings") });
  const lines = error.mock.calls.map(([line]) => JSON.parse(String(line)));
  const wrong = lines.filter(({ event }) => event === "settings_wrong");
  expect(wrong.length).toBe(1);
  expect(wrong[0].wrong).toContain("JWT_SECRET must have at least 32 bytes");
  expect(wrong[0].wrong).toContain("SEND_BURST");
  expect(JSON.stringify(lines)).not.toContain('"short"');
  expect(JSON.stringify(lines)).not.toContain("many");
  expect(env.JWT_SECRET).toBe("short");
});
