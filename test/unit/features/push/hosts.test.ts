import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isAllowedEndpoint } from "../../../../src/features/push/hosts.ts";

const HOSTS = "push.example  *.wild.example http://127.0.0.1:9000";

describe("the hosts of push services [NOTIFY-5]", () => {
  test.each([
    ["https://push.example/a", true],
    ["https://push.example:443/a", true],
    ["https://PUSH.example/a", true],
    ["https://a.wild.example/", true],
    ["https://a.b.wild.example/", true],
    ["http://127.0.0.1:9000/x", true],
    ["https://wild.example/", false],
    ["https://evilwild.example/", false],
    ["https://a.push.example/", false],
    ["https://push.example.evil/", false],
    ["https://push.example./", false],
    ["http://push.example/", false],
    ["https://push.example:9000/", false],
    ["http://127.0.0.1:9001/x", false],
    ["https://127.0.0.1:9000/x", false],
    ["http://127.0.0.1/x", false],
    ["ftp://push.example/", false],
  ])("%s: %j", (endpoint, isAllowed) => {
    expect(isAllowedEndpoint(HOSTS, endpoint)).toBe(isAllowed);
  });

  test("an address that is allowed leads to an allowed host, whatever its text", () => {
    const odd = fc.array(
      fc.constantFrom(
        "https://",
        "http://",
        "push.example",
        "evil.test",
        "@",
        ":",
        "/",
        "\\",
        "#",
        "?",
        ".",
        "%2e",
        "wild",
        "\t",
        "[::1]",
        "0x7f.1",
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(odd, (parts) => {
        const text = `https://${parts.join("")}`;
        if (!URL.canParse(text) || !isAllowedEndpoint(HOSTS, text)) return;
        const { hostname, protocol } = new URL(text);
        expect([protocol, /^(push|.+\.wild)\.example$/.test(hostname)]).toEqual(["https:", true]);
      }),
      { numRuns: 2_000 },
    );
  });

  test("an empty setting allows nothing", () => {
    expect(isAllowedEndpoint("", "https://push.example/a")).toBe(false);
    expect(isAllowedEndpoint("  ", "https://push.example/a")).toBe(false);
  });
});
