import type { Millis } from "../../protocol/model.ts";
import type { Application, Ban, BookStore, Link, Texts } from "./book-store.ts";

/** What a plan needs to know of a group beside its members. */
export type Book = Pick<BookStore, "application" | "countApplications" | "isBanned" | "countBans" | "links" | "link">;

/** What an operation changes of it. */
export type BookChange =
  | { readonly type: "apply"; readonly application: Application }
  | { readonly type: "close_application"; readonly user_id: string }
  | { readonly type: "ban"; readonly ban: Ban }
  | { readonly type: "unban"; readonly user_id: string }
  | { readonly type: "put_link"; readonly link: Link }
  | { readonly type: "use_link"; readonly code: string }
  | { readonly type: "revoke_links"; readonly code: string | null }
  /** A user may make links no longer: theirs end, or are the next owner's. */
  | { readonly type: "pass_links"; readonly from: string; readonly to: string | null }
  | { readonly type: "texts"; readonly texts: Partial<Texts> };

/** Makes the changes of an operation, in its transaction. @returns how many users then wait for approval */
export function write(store: BookStore, changes: readonly BookChange[], now: Millis): number {
  for (const change of changes) writeOne(store, change);
  return store.countApplications(now);
}

function writeOne(store: BookStore, change: BookChange): void {
  switch (change.type) {
    case "apply":
      store.putApplication(change.application);
      break;
    case "close_application":
      store.deleteApplication(change.user_id);
      break;
    case "ban":
      store.putBan(change.ban);
      break;
    case "unban":
      store.deleteBan(change.user_id);
      break;
    case "put_link":
      store.putLink(change.link);
      break;
    case "use_link":
      store.useLink(change.code);
      break;
    case "revoke_links":
      store.deleteLinks(change.code);
      break;
    case "pass_links":
      store.passLinks(change.from, change.to);
      break;
    case "texts":
      store.putTexts(change.texts);
      break;
  }
}
