const UNITS = ["B", "KB", "MB", "GB"];

/** A size as people read it, such as 1.2 MB. */
export function sizeText(bytes: number): string {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const value = bytes / 1_000 ** step;
  return `${value.toLocaleString(undefined, { maximumFractionDigits: step > 0 && value < 100 ? 1 : 0 })} ${UNITS[step]}`;
}

/** A length of time, such as 1:05. */
export function durationText(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
