import { equal, ok, refused, that } from "../../test/helpers/node/checks.ts";
import { subscribe } from "../../test/helpers/push-client.ts";
import type { Smoke } from "./run.ts";

/** Devices for push notifications. It sends no message to them: the push services are real. */
export async function push(smoke: Smoke): Promise<void> {
  const [alice] = await smoke.cast("alice");
  const { keys } = await subscribe();
  const endpoint = `https://fcm.googleapis.com/fcm/send/smoke-${alice.id}`;
  const browser = { kind: "webpush" as const, endpoint, keys };

  const { kinds } = await smoke.step("the key for browsers, and the kinds that this server reaches", async () => {
    const key = await alice.api.push.key();
    equal(key.kinds.includes("webpush"), key.public_key !== "", "webpush is there with its key, and only then");
    if (key.public_key !== "") that(/^B[\w-]{86}$/.test(key.public_key), "the key is a point", key.public_key);
    return key;
  });

  await smoke.step(
    "an address that is no push service, a kind that is not set up, keys of another form: 1001",
    async () => {
      const register = (body: object) => alice.rest.post("/push/register", body);
      for (const other of ["https://127.0.0.1/x", "http://fcm.googleapis.com/x", "https://evil.example/x", ""]) {
        refused(await register({ ...browser, endpoint: other }), 1001);
      }
      refused(await register({ ...browser, keys: { ...keys, auth: "short" } }), 1001);
      for (const kind of ["fcm", "hook"] as const) {
        if (!kinds.includes(kind)) refused(await register({ kind, token: "x", service: "x" }), 1001);
      }
    },
  );

  if (kinds.includes("webpush")) {
    await smoke.step("a browser is registered, is the same device the second time, and is removed", async () => {
      const { device_id } = await alice.api.push.register(browser);
      equal(await alice.api.push.register(browser), { device_id }, "the second answer");
      equal(await alice.api.push.unregister(device_id), null, "the answer to unregister");
      equal(await alice.api.push.unregister(), null, "the answer to unregister all");
    });
  }

  await smoke.step("a socket says that it is in the background, and that it is not", async () => {
    const socket = await smoke.keep(alice.socket());
    for (const background of [true, false]) equal(ok(await socket.request(1017, { background })), {}, "the answer");
    refused(await socket.request(1017, { background: "yes" }), 1001);
  });
}
