import { createHmac } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Endpoints } from "../../scripts/chaos/endpoints.ts";

const secret = Buffer.alloc(32, 1);
const body = Buffer.from(JSON.stringify({ events: [{ id: "sg_x:1", data: { content: { text: "👋🏽" } } }] }));
const middle = body.indexOf("👋🏽") + 2;

let endpoints: Endpoints;
beforeEach(async () => {
  endpoints = await Endpoints.open(secret);
});
afterEach(() => endpoints.close());

/** A call whose body is still to be written. */
function call(key: Buffer) {
  const signed = createHmac("sha256", key).update("id.1.").update(body).digest("base64");
  const headers = {
    "webhook-id": "id",
    "webhook-timestamp": "1",
    "webhook-signature": `v1,${signed}`,
    "content-length": body.length,
  };
  return request(`${endpoints.url}/works`, { method: "POST", headers });
}

test("a call whose body comes in two pieces, cut within a character, is signed and readable", async () => {
  const sent = call(secret);
  sent.write(body.subarray(0, middle));
  await sleep(50);
  sent.end(body.subarray(middle));
  await once(sent, "response");
  expect(endpoints.wrong).toEqual([]);
  expect(endpoints.told.get("sg_x:1")?.content).toEqual({ text: "👋🏽" });
});

test("a call that is signed with another key is wrong, and tells of nothing", async () => {
  const sent = call(Buffer.alloc(32, 2)).end(body);
  await once(sent, "response");
  expect(endpoints.wrong.length).toBe(1);
  expect(endpoints.told.size).toBe(0);
});

test("a call that is cut off is not counted, and the next one is taken", async () => {
  const cut = call(secret).on("error", () => undefined);
  cut.write(body.subarray(0, middle));
  await sleep(50);
  cut.destroy();
  await sleep(50);
  await once(call(secret).end(body), "response");
  expect(endpoints.wrong).toEqual([]);
  expect(endpoints.told.size).toBe(1);
});
