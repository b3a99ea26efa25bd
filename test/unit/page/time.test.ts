import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { en } from "../../../src/page/i18n/en.ts";
import { dayOf, shortTime, untilTime } from "../../../src/page/i18n/time.ts";
import { zh } from "../../../src/page/i18n/zh.ts";

/** In the time zone of the machine that runs the tests, as the page uses the reader's. */
const at = (day: number, hour: number, minute: number) => new Date(2026, 2, day, hour, minute).getTime();

const browserOf = (...languages: string[]) => vi.stubGlobal("navigator", { languages });

describe("times and days", () => {
  beforeEach(() => void browserOf("en-DE"));
  afterEach(() => void vi.unstubAllGlobals());

  test("dates and hours are as the browser has them, in the page's language", () => {
    browserOf("en-US");
    expect(untilTime(en, at(10, 23, 30), at(10, 22, 30))).toMatch(/^11:30\sPM$/);
    browserOf("zh-TW", "en-GB");
    expect(untilTime(en, at(10, 23, 30), at(10, 22, 30))).toBe("23:30");
    expect(dayOf(en, at(9, 12, 0), at(11, 0, 1))).toBe("Monday 9 March");
    browserOf("fr");
    expect(untilTime(zh, at(10, 23, 30), at(10, 22, 30))).toBe("23:30");
  });

  test("a message of 23:30 is shown as yesterday's at 00:40", () => {
    expect(shortTime(en, at(10, 23, 30), at(10, 23, 50))).toBe("23:30");
    expect(shortTime(en, at(10, 23, 30), at(11, 0, 40))).toBe("Yesterday");
    expect(shortTime(zh, at(10, 23, 30), at(11, 0, 40))).toBe("昨天");
  });

  test("the days of a week have their names, and no name is used twice", () => {
    expect(shortTime(en, at(9, 0, 10), at(11, 0, 40))).toBe("Mon");
    expect(shortTime(en, at(5, 0, 10), at(11, 23, 0))).toBe("Thu");
    expect(shortTime(en, at(4, 23, 59), at(11, 0, 1))).not.toBe("Wed");
  });

  test("the heading of a day", () => {
    expect(dayOf(en, at(11, 0, 1), at(11, 23, 59))).toBe("Today");
    expect(dayOf(en, at(10, 23, 59), at(11, 0, 1))).toBe("Yesterday");
    expect(dayOf(zh, at(10, 0, 0), at(11, 0, 1))).toBe("昨天");
    expect(dayOf(en, at(9, 12, 0), at(11, 0, 1))).toContain("Monday");
    expect(dayOf(en, at(9, 12, 0), new Date(2027, 2, 11).getTime())).toContain("2026");
  });

  test("yesterday is the day before, even if the clock was set forward in between", () => {
    for (let day = 20; day < 35; day++) expect(dayOf(en, at(day, 0, 0), at(day + 1, 23, 59))).toBe("Yesterday");
  });

  test("the end of a mute, as it was set", () => {
    expect(untilTime(en, at(10, 23, 30), at(10, 22, 30))).toBe("23:30");
    expect(untilTime(en, at(11, 0, 30), at(10, 23, 30))).toMatch(/11.*0:30/);
  });
});
