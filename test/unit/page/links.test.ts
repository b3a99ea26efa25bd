import { describe, expect, test } from "vitest";
import { hostOf, isAddress, partsOf } from "../../../src/page/links.ts";

const addressesIn = (text: string) =>
  partsOf(text)
    .filter((part) => part.isAddress)
    .map((part) => part.text);

describe("addresses in a text", () => {
  test.each([
    ["https://en.wikipedia.org/wiki/Mercury_(planet)", "https://en.wikipedia.org/wiki/Mercury_(planet)"],
    ["(see https://example.com/a)", "https://example.com/a"],
    ["(see https://example.com/a_(b))", "https://example.com/a_(b)"],
    ["[https://example.com/a]", "https://example.com/a"],
    ["HTTP://EXAMPLE.COM/A", "HTTP://EXAMPLE.COM/A"],
    ["Https://example.com.", "Https://example.com"],
    [`"https://example.com/a"`, "https://example.com/a"],
    ["'https://example.com/a'", "https://example.com/a"],
    ["«https://example.com/a»", "https://example.com/a"],
    ["“https://example.com/a”.", "https://example.com/a"],
    ["看《https://example.com/a》。", "https://example.com/a"],
    ["https://example.com/it's-here?q='a'&b=c#d", "https://example.com/it's-here?q='a'&b=c#d"],
    ["https://example.com/?!", "https://example.com/"],
    ["http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x"],
    ["https://пример.рф/путь", "https://пример.рф/путь"],
  ])("%s", (text, address) => {
    expect(addressesIn(text)).toEqual([address]);
    expect(
      partsOf(text)
        .map((part) => part.text)
        .join(""),
    ).toBe(text);
  });

  test("two of them, and the text between", () => {
    expect(partsOf("a https://b.example, https://c.example!")).toEqual([
      { text: "a ", isAddress: false },
      { text: "https://b.example", isAddress: true },
      { text: ", ", isAddress: false },
      { text: "https://c.example", isAddress: true },
      { text: "!", isAddress: false },
    ]);
  });

  test.each([
    "javascript:alert(1)",
    "https://",
    "https://bank.example@evil.example/",
    "xhttps://example.com",
    "data:text/html,x",
    "https://[",
  ])("%s is not an address", (text) => {
    expect(addressesIn(text)).toEqual([]);
    expect(isAddress(text)).toBe(false);
  });

  test("a bidi control ends an address, so that it does not look like another", () => {
    expect(addressesIn("https://evil.example/\u202Emoc.knab")).toEqual(["https://evil.example/"]);
  });

  test("a host with look-alike letters is shown in its encoded form", () => {
    expect(hostOf("https://аpple.com/")).toBe("xn--pple-43d.com");
    expect(hostOf("none")).toBe("");
  });

  test("closing brackets without an opening one are not part of it", () => {
    expect(addressesIn(`https://a.example/${")".repeat(8_000)}`)).toEqual(["https://a.example/"]);
  });
});
