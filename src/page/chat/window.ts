/** The span of rendered rows: from the first, up to but not including the last index. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The assumed height of a row until the first rows have been measured. */
const GUESS = 44;

/** The heights of rows: measured if they have been on the screen, otherwise the average of the first measured rows. */
export class Heights<T extends object> {
  #known = new WeakMap<T, number>();
  #guess = 0;

  of(row: T): number {
    return this.#known.get(row) ?? (this.#guess || GUESS);
  }

  /** The total height of the rows of a span. */
  sum(rows: readonly T[], { from, to }: Span): number {
    let sum = 0;
    for (const row of rows.slice(from, to)) sum += this.of(row);
    return sum;
  }

  /** The index of the row at a distance from the top of the first row. */
  indexAt(rows: readonly T[], distance: number): number {
    let rest = distance;
    const index = rows.findIndex((row) => {
      rest -= this.of(row);
      return rest < 0;
    });
    return index === -1 ? Math.max(rows.length - 1, 0) : index;
  }

  measure(measured: ReadonlyMap<T, number>): void {
    let sum = 0;
    for (const [row, height] of measured) {
      this.#known.set(row, height);
      sum += height;
    }
    // Kept once it is known: each change would move all rows that were never measured.
    if (measured.size > 0) this.#guess ||= sum / measured.size;
  }

  /** The width of the rows has changed, so all heights are out of date. */
  forget(): void {
    this.#known = new WeakMap();
    this.#guess = 0;
  }
}

/**
 * The rows for a screen that begins at a given row, and the same height again above and below it.
 * @param at the row at the top of the screen; the number of rows for the end of the list
 * @param hidden the part of that row above the screen: a long message may be higher than many screens
 */
export function spanAround<T extends object>(
  rows: readonly T[],
  heights: Heights<T>,
  at: number,
  screen: number,
  hidden = 0,
): Span {
  const isAtEnd = at >= rows.length;
  let from = Math.min(Math.max(at, 0), rows.length);
  let to = from;
  for (let above = (isAtEnd ? 2 : 1) * screen; above > 0 && from > 0; ) {
    const row = rows[--from];
    if (row) above -= heights.of(row);
  }
  for (let below = hidden + 2 * screen; below > 0 && to < rows.length; ) {
    const row = rows[to++];
    if (row) below -= heights.of(row);
  }
  return { from, to };
}
