import type { Words } from "./en.ts";

const formats = new Map<string, Intl.DateTimeFormat>();

/** The browser's own locale, if it is of the page's language: for its date format, and its 12 or 24 hour clock. */
function localeOf({ code }: Words): string {
  const language = code.slice(0, 2);
  return navigator.languages.find((each) => each.toLowerCase().startsWith(language)) ?? code;
}

function format(t: Words, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const locale = localeOf(t);
  const key = locale + JSON.stringify(options);
  const known = formats.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formats.set(key, known);
  return known;
}

export function isSameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** 15:04, or 3:04 pm */
export function timeOf(t: Words, at: number): string {
  return format(t, { hour: "numeric", minute: "2-digit" }).format(at);
}

/** The first moment of the day that is a number of days after the day of a time; days may have 23 or 25 hours. */
export function dayAfter(at: number, days: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days).getTime();
}

/** Today, yesterday, or Monday, 5 January; with the year if it is another one. */
export function dayOf(t: Words, at: number, now: number): string {
  if (isSameDay(at, now)) return t.today;
  if (isSameDay(at, dayAfter(now, -1))) return t.yesterday;
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  const day = { weekday: "long", month: "long", day: "numeric" } as const;
  return format(t, isThisYear ? day : { ...day, year: "numeric" }).format(at);
}

/** The shortest form: the time for today, yesterday, the weekday for this week, otherwise a date. */
export function shortTime(t: Words, at: number, now: number): string {
  if (isSameDay(at, now)) return timeOf(t, at);
  if (isSameDay(at, dayAfter(now, -1))) return t.yesterday;
  if (at < now && at >= dayAfter(now, -6)) return format(t, { weekday: "short" }).format(at);
  return format(t, { year: "2-digit", month: "numeric", day: "numeric" }).format(at);
}

/** A future time, relative to another time: its hour if both are on one day, otherwise its day too. */
export function untilTime(t: Words, at: number, said: number): string {
  if (isSameDay(at, said)) return timeOf(t, at);
  return format(t, { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" }).format(at);
}
