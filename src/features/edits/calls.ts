import { declareCall } from "../../core/call.ts";
import { declareMessageOperation } from "../../core/message-operations.ts";
import { byteLength } from "../../protocol/text.ts";

/** An edit whose content is JSON text already. */
export interface Edit {
  readonly conversation_id: string;
  readonly seq: number;
  readonly content: string;
  /** Absent: as before. */
  readonly mentions?: readonly string[] | undefined;
  /** Refuses if the content changed after this rev. */
  readonly if_rev?: number | undefined;
}

/** An edit takes one more from the budget of operations for each of these. [OPS-9] */
const WEIGHT_BYTES = 4_096;

/** Replaces the content of a message. It answers `{message, rev}`. */
export const edit = declareMessageOperation<Edit>("edits.edit", {
  weight: ({ content }) => 1 + Math.floor(byteLength(content) / WEIGHT_BYTES),
});

/**
 * The contents that edits of a message have replaced, as JSON of a list, oldest first.
 * @throws NexoError NO_PERMISSION, MESSAGE_NOT_FOUND
 */
export const listRevisions = declareCall<{ readonly user_id: string; readonly seq: number }, string>("edits.revisions");
