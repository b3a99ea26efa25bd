/** The names of the measures. docs/OPERATIONS.md says what each means. */
export type Measure =
  | "sends"
  | "retries"
  | "refusals"
  | "tell_lag_ms"
  | "tell_failures"
  | "sockets_opened"
  | "sockets_refused"
  | "logins_ended"
  | "pushes_sent"
  | "pushes_failed";

/**
 * Numbers for Workers Analytics Engine, summed in memory and written as one data point for each measure: a point for
 * each message would cost more than delivering it. Off if the binding is absent.
 *
 * A point: index and first blob the measure, second blob the code of a refusal or "", doubles sum, count, max.
 */
export class Metrics {
  readonly #dataset: AnalyticsEngineDataset | undefined;
  readonly #sums = new Map<string, { measure: Measure; code: string; sum: number; count: number; max: number }>();

  constructor(dataset: AnalyticsEngineDataset | undefined) {
    this.#dataset = dataset;
  }

  add(measure: Measure, value = 1, code: number | "" = ""): void {
    if (!this.#dataset) return;
    const key = `${measure} ${code}`;
    const { sum, count, max } = this.#sums.get(key) ?? { sum: 0, count: 0, max: 0 };
    this.#sums.set(key, {
      measure,
      code: String(code),
      sum: sum + value,
      count: count + 1,
      max: Math.max(max, value),
    });
  }

  /** Writes what was added since the last call. */
  flush(): void {
    for (const { measure, code, sum, count, max } of this.#sums.values()) {
      this.#dataset?.writeDataPoint({ indexes: [measure], blobs: [measure, code], doubles: [sum, count, max] });
    }
    this.#sums.clear();
  }
}
