import { encryptNotification } from "@block65/webcrypto-web-push";
import { afterEach, expect, test, vi } from "vitest";
import { decrypt, subscribe } from "../../../helpers/push-client.ts";

/** The example of RFC 8291, section 5 and appendix A. */
const EXAMPLE = {
  plaintext: "When I grow up, I want to be a watermelon",
  sender: {
    public: "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8",
    private: "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw",
  },
  receiver: {
    public: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    private: "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94",
  },
  auth: "BTBZMqHH6r4Tts7J_aSIgg",
  salt: "DGv6ra1nlYgDCS1FRnbzlw",
  body: "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN",
};

const bytes = (text: string) => new Uint8Array(Buffer.from(text, "base64url"));

function privateKey({ public: point, private: d }: { public: string; private: string }, extractable = false) {
  const [x, y] = [bytes(point).slice(1, 33), bytes(point).slice(33)].map((part) =>
    Buffer.from(part).toString("base64url"),
  );
  const jwk = { kty: "EC", crv: "P-256", x, y, d } as JsonWebKey;
  return crypto.subtle.importKey("jwk", jwk, { name: "ECDH", namedCurve: "P-256" }, extractable, ["deriveBits"]);
}

afterEach(() => void vi.restoreAllMocks());

const subscription = () => ({
  endpoint: "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
  expirationTime: null,
  keys: { p256dh: EXAMPLE.receiver.public, auth: EXAMPLE.auth },
});

test("the library encrypts the example of RFC 8291 byte for byte, given its key and salt [NOTIFY-6]", async () => {
  const raw = bytes(EXAMPLE.sender.public);
  const publicKey = await crypto.subtle.importKey("raw", raw, { name: "ECDH", namedCurve: "P-256" }, true, []);
  const pair = { privateKey: await privateKey(EXAMPLE.sender), publicKey };
  vi.spyOn(crypto.subtle, "generateKey").mockResolvedValue(pair as never);
  vi.spyOn(crypto, "getRandomValues").mockImplementation((array) => {
    (array as unknown as Uint8Array).set(bytes(EXAMPLE.salt));
    return array;
  });
  const body = await encryptNotification(subscription(), Buffer.from(EXAMPLE.plaintext), { pad: false });
  expect(Buffer.from(body).toString("base64url")).toBe(EXAMPLE.body);
});

test("the decryption of the tests reads the example of RFC 8291", async () => {
  const { keys } = subscription();
  const receiver = { keys, privateKey: await privateKey(EXAMPLE.receiver) };
  expect(await decrypt(receiver, bytes(EXAMPLE.body))).toBe(EXAMPLE.plaintext);
});

test("with its own keys and salts, each push is another text, and only its subscription reads it", async () => {
  const [ann, ben] = [await subscribe(), await subscribe()];
  const to = { ...subscription(), keys: ann.keys };
  const [one, two] = [
    await encryptNotification(to, Buffer.from("hello"), { pad: false }),
    await encryptNotification(to, Buffer.from("hello"), { pad: false }),
  ];
  expect(Buffer.from(one).equals(Buffer.from(two))).toBe(false);
  expect(await decrypt(ann, one)).toBe("hello");
  await expect(decrypt(ben, one)).rejects.toThrow();
  one[one.length - 1] = (one.at(-1) ?? 0) ^ 1;
  await expect(decrypt(ann, one)).rejects.toThrow();
});
