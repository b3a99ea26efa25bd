import type { GroupRules } from "../../protocol/group-model.ts";
import type { Role } from "../../protocol/model.ts";
import type { Link, Texts } from "./book-store.ts";
import type { Welcomes } from "./welcomes.ts";

/** The operations on a group. Ids are well formed; `unknown` lists the ids that no user has. */
export type GroupOperation =
  | { readonly type: "join"; readonly inviter_id: string }
  | { readonly type: "join_by_link"; readonly inviter_id: string; readonly code: string }
  | { readonly type: "quit" }
  | {
      readonly type: "invite";
      readonly user_ids: readonly string[];
      readonly unknown: readonly string[];
      /** What the users' inboxes answered, once they were asked; a user who is missing joins. */
      readonly welcomes?: Welcomes;
    }
  | { readonly type: "answer_invite"; readonly accept: boolean }
  | { readonly type: "answer_application"; readonly user_id: string; readonly accept: boolean }
  | { readonly type: "kick"; readonly user_ids: readonly string[] }
  | { readonly type: "ban"; readonly user_id: string; readonly seconds: number }
  | { readonly type: "unban"; readonly user_id: string }
  /** Makes a link, or ends one or (null) all. */
  | { readonly type: "link"; readonly make: Link }
  | { readonly type: "link"; readonly revoke: string | null }
  | { readonly type: "set_role"; readonly user_id: string; readonly role: typeof Role.MEMBER | typeof Role.ADMIN }
  | { readonly type: "transfer"; readonly user_id: string }
  | { readonly type: "dismiss" }
  | { readonly type: "mute"; readonly user_id: string | null; readonly seconds: number }
  | ({ readonly type: "update" } & GroupChanges)
  | { readonly type: "nickname"; readonly group_nickname: string };

/** Changes of a group's names, which D1 keeps, of its long texts and of its switches. */
export interface GroupChanges {
  readonly changes: Readonly<Record<string, string>>;
  readonly texts?: Partial<Texts>;
  readonly rules?: Partial<GroupRules>;
}
