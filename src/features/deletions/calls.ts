import { declareMessageOperation, weightOf } from "../../core/message-operations.ts";

/** Deletes messages for the caller only. It answers `{results, rev}`. */
export const deleteForMe = declareMessageOperation<{
  readonly conversation_id: string;
  readonly seqs: readonly number[];
}>("deletions.delete", { weight: weightOf });
