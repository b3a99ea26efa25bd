import { declareMessageOperation, weightOf } from "../../core/message-operations.ts";

/** Takes messages back for everyone. It answers `{results, rev}`. */
export const recall = declareMessageOperation<{ readonly conversation_id: string; readonly seqs: readonly number[] }>(
  "recalls.recall",
  { weight: weightOf },
);
