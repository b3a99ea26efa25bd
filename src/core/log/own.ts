/** What beside the messages is one user's own: their reactions, by seq. A feature provides it. */
export class Own {
  readonly #reactions: (userId: string, seqs: readonly number[]) => ReadonlyMap<number, readonly string[]>;

  /** @param reactions the reactions of a user to some messages */
  constructor(reactions: (userId: string, seqs: readonly number[]) => ReadonlyMap<number, readonly string[]>) {
    this.#reactions = reactions;
  }

  /** A user's reactions to these messages, also where there are none, as JSON of `{seq: [emoji]}`. */
  mine(userId: string, seqs: readonly number[]): string {
    if (seqs.length === 0) return "{}";
    const reactions = this.#reactions(userId, seqs);
    return JSON.stringify(Object.fromEntries(seqs.map((seq) => [seq, reactions.get(seq) ?? []])));
  }
}
