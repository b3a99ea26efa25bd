import { declareCall } from "../../core/call.ts";

/** Messages of one page. */
export const PAGE = 200;

/**
 * A call to a Conversation: a page of what a user sees, oldest first, as an export has it.
 * @throws NexoError NO_PERMISSION for outsiders
 */
export const exportPage = declareCall<
  { readonly user_id: string; readonly begin_seq: number },
  {
    /** Lines of the export. */
    readonly lines: readonly string[];
    /** Where the next page begins; 0 after the last. */
    readonly next: number;
  }
>("exports.page");
