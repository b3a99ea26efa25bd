import { expect, test } from "vitest";
import { folded, wordsOf } from "../../../src/protocol/search.ts";

test("[SEARCH-1] a text is compared without its case, width and form, and marks stay with their letters", () => {
  expect(folded("ＦＵＬＬ Ａ１ ÉCOLE")).toBe("full a1 école");
  expect(folded("cafe\u0301")).toBe(folded("CAFÉ"));
  // Vietnamese, Hebrew with vowels and accents, Thai, and halfwidth katakana have a few marks in a row.
  for (const text of ["Việt Nam", "בְּרֵאשִׁ֖ית", "น้ำใจ", "ﾊﾟﾋﾟﾌﾟ"])
    expect(folded(text)).toBe(text.normalize("NFKC").toLowerCase());
});

test("[MEM-1] marks without end are cut, since their order takes a time that grows with the square of their number", () => {
  for (const marks of [
    "\u0301\u0316".repeat(7_900),
    "\uff9e\u0301\u0316".repeat(4_000),
    "\u0316\uff9f".repeat(8_000),
  ]) {
    const text = folded(`a${marks}b needle`);
    expect(text.length).toBeLessThan(42);
    expect(text.endsWith("b needle")).toBe(true);
  }
  // A word that is cut in the same way is found.
  const long = `z${"\u0301\u0316".repeat(60)}`;
  expect(folded(`x ${long} y`)).toContain(wordsOf(long)[0]);
});

test("every character that becomes a mark is a mark, or one of the two that are cut like marks", () => {
  const wrong: string[] = [];
  for (let code = 0; code < 0x110000; code++) {
    const text = String.fromCodePoint(code);
    const becomesMark = /^\p{M}/u.test(text.normalize("NFKD"));
    // The two vowels of Thai and Lao become a mark of class 0, which is never moved.
    if (becomesMark && !/[\p{M}\uFF9E\uFF9F\u0E33\u0EB3]/u.test(text)) wrong.push(code.toString(16));
  }
  expect(wrong).toEqual([]);
});
