/** What is moved from another server. */
export interface Source {
  readonly users: {
    readonly user_id: string;
    readonly nickname: string;
    readonly avatar: string;
    readonly extra: string;
    readonly password_hash: string;
    readonly created_at: number;
  }[];
  readonly groups: ReadonlyMap<string, OldGroup>;
  /** By conversation. */
  readonly messages: ReadonlyMap<string, OldMessage[]>;
  readonly reads: ReadonlyMap<string, { readonly user_id: string; readonly read_seq: number }[]>;
}

export interface OldGroup {
  readonly group_id: string;
  name: string;
  introduction: string;
  avatar: string;
  owner_id: string;
  /** Those who are in it now. */
  readonly member_ids: string[];
  readonly admin_ids: string[];
  is_dismissed: boolean;
}

export interface OldMessage {
  readonly seq: number;
  readonly sender_id: string;
  readonly client_msg_id: string;
  readonly msg_type: number;
  readonly content: Record<string, unknown>;
  /** Unix milliseconds. */
  readonly send_at: number;
}
