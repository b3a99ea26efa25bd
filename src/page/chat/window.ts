/** Which of many rows are rendered, from the first to before the last. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What a row is taken to be high until the first have been measured. */
const GUESS = 44;

/** How high rows are: as measured where they have been on the screen, else as high as the first ones were on average. */
export class Heights<T extends object> {
  #known = new WeakMap<T, number>();
  #guess = 0;

  of(row: T): number {
    return this.#known.get(row) ?? (this.#guess || GUESS);
  }

  /** How high the rows of a span are together. */
  sum(rows: readonly T[], { from, to }: Span): number {
    let sum = 0;
    for (const row of rows.slice(from, to)) sum += this.of(row);
    return sum;
  }

  /** Which row is at a distance from the top of the first. */
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
    // Kept once it is known: each change of it would move all that was never measured.
    if (measured.size > 0) this.#guess ||= sum / measured.size;
  }

  /** They have another width, so all are of another height. */
  forget(): void {
    this.#known = new WeakMap();
    this.#guess = 0;
  }
}

/**
 * The rows for a screen that begins with a row, and as much again above and below it.
 * @param at the row on top of the screen; the number of rows for the end of all
 */
export function spanAround<T extends object>(
  rows: readonly T[],
  heights: Heights<T>,
  at: number,
  screen: number,
): Span {
  const isAtEnd = at >= rows.length;
  let from = Math.min(Math.max(at, 0), rows.length);
  let to = from;
  for (let above = (isAtEnd ? 2 : 1) * screen; above > 0 && from > 0; ) {
    const row = rows[--from];
    if (row) above -= heights.of(row);
  }
  for (let below = 2 * screen; below > 0 && to < rows.length; ) {
    const row = rows[to++];
    if (row) below -= heights.of(row);
  }
  return { from, to };
}
