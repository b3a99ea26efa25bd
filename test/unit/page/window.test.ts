import { describe, expect, test } from "vitest";
import { Heights, spanAround } from "../../../src/page/chat/window.ts";

const rows = Array.from({ length: 5_000 }, (_, n) => ({ n }));

describe("which rows are rendered [PAGE-6]", () => {
  test("a screen on each side of the one that is seen, wherever that is", () => {
    const heights = new Heights<{ n: number }>();
    heights.measure(new Map(rows.slice(0, 3).map((row) => [row, 50])));
    expect(spanAround(rows, heights, 2_000, 500)).toEqual({ from: 1_990, to: 2_020 });
    expect(spanAround(rows, heights, 0, 500)).toEqual({ from: 0, to: 20 });
    expect(spanAround(rows, heights, 5_000, 500)).toEqual({ from: 4_980, to: 5_000 });
    expect(spanAround([], heights, 0, 500)).toEqual({ from: 0, to: 0 });
  });

  test("a screen below the one that is seen, also when that begins deep inside a row of many screens", () => {
    const heights = new Heights<{ n: number }>();
    heights.measure(new Map(rows.slice(0, 3).map((row, index) => [row, index === 1 ? 9_000 : 50])));
    heights.measure(new Map(rows.slice(2, 40).map((row) => [row, 50])));
    expect(spanAround(rows, heights, 1, 500, 8_900)).toEqual({ from: 0, to: 20 });
  });

  test("what was measured counts as high as it is, all else as the first were on average", () => {
    const heights = new Heights<{ n: number }>();
    heights.measure(new Map(rows.slice(0, 2).map((row, index) => [row, index === 0 ? 20 : 40])));
    heights.measure(new Map(rows.slice(2, 3).map((row) => [row, 600])));
    expect(heights.sum(rows, { from: 0, to: 4 })).toBe(20 + 40 + 600 + 30);
    expect(spanAround(rows, heights, 4, 500).from).toBe(2);
    expect([0, 19, 21, 61, 659, 661].map((distance) => heights.indexAt(rows, distance))).toEqual([0, 0, 1, 2, 2, 3]);
    expect(heights.indexAt(rows, 10_000_000)).toBe(4_999);
    heights.forget();
    expect(heights.sum(rows, { from: 0, to: 1 })).toBe(heights.sum(rows, { from: 2, to: 3 }));
  });
});
