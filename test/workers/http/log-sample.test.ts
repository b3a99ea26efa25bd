import { beforeEach, expect, test, vi } from "vitest";
import { people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ FLOOD_LIMITS: "off", LOG_SAMPLE: 0 });
const lines: string[] = [];
vi.spyOn(console, "log").mockImplementation((line) => {
  lines.push(line);
});
beforeEach(() => {
  lines.length = 0;
});

test("without a sample only the requests that fail get a line", async () => {
  const [who] = await people("who");
  lines.length = 0;
  await who.get("/user/info");
  expect(lines).toEqual([]);
  await who.get("/conversation/info", { conversation_id: "sg_unknown" });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ event: "request", status: 403, code: 1007 }]);
  await who.get("/nowhere");
  expect(lines.map((line) => JSON.parse(line).status)).toEqual([403, 404]);
});
