import type {
  Conversation,
  Group,
  GroupMember,
  Me,
  Message,
  Presence,
  Pulled,
  ReadBy,
  ReadState,
  Synced,
  User,
} from "../protocol/model.ts";
import type {
  ConversationUpdateRequest,
  GroupCreateRequest,
  GroupJoinRequest,
  GroupMuteRequest,
  GroupNicknameRequest,
  GroupSetRoleRequest,
  GroupTransferRequest,
  GroupUpdateRequest,
  GroupUsersRequest,
  LoginRequest,
  PasswordRequest,
  PullRequest,
  RegisterRequest,
  SendRequest,
  UserUpdateRequest,
} from "../protocol/requests.ts";
import type { FetchLike } from "./environment.ts";
import { Http } from "./http.ts";

/** A token and when it ends. */
export interface Token {
  token: string;
  expires_at: number;
}

/** What became of one user of an invitation or a kick; code 0 is success. */
export interface UserResult {
  user_id: string;
  code: number;
}

/** A page of a list; `next` goes into the next request's `cursor`, "" on the last. */
export interface PageOf<T> {
  items: T[];
  next: string;
}

type PageRequest = { cursor?: string; limit?: number };

/**
 * Every route of the server as a typed method. Each returns what stands in `data`, or throws NexoClientError.
 *
 * @example
 * const group = await client.api.group.create({ name: "Lunch", member_ids: ["ben"] });
 * const { items } = await client.api.group.members({ group_id: group.id });
 */
export type Api = ReturnType<typeof apiOver>;

/** Where the routes are, and who calls them. */
export interface ApiOptions {
  /** The server's address, as in `https://im.example`. */
  readonly url: string;
  /** Whose routes; without one there are `auth.register` and `auth.login`. */
  readonly token?: string | undefined;
  /** In place of the global one. */
  readonly fetch?: FetchLike | undefined;
}

/**
 * The routes alone, without a client: to register and to sign in, and for what needs no socket. It opens nothing and
 * keeps nothing; a call is given up after 20 s.
 *
 * @example
 * const { auth } = createApi({ url: "https://im.example" });
 * await auth.register({ user_id: "ann", nickname: "Ann", password });
 * const { token } = await auth.login({ user_id: "ann", password, platform_id: Platform.WEB });
 * const me = await createApi({ url: "https://im.example", token }).user.me();
 */
export function createApi({ url, token = "", fetch }: ApiOptions): Api {
  return apiOver(new Http({ url, fetch, token: () => token }));
}

/** The routes by one transport. */
export function apiOver(http: Http) {
  const get = <T>(path: string, query?: Record<string, string | number | undefined>) =>
    http.data<T>("GET", path, query ? { query } : {});
  const post = <T = null>(path: string, body?: unknown) => http.data<T>("POST", path, body ? { body } : {});
  const put = <T = null>(path: string, body: unknown, query?: Record<string, string>) =>
    http.data<T>("PUT", path, query ? { body, query } : { body });
  return {
    /**
     * Accounts and logins. A client signs in and refreshes by itself; before there is one, `createApi` has these.
     *
     * @example await createApi({ url }).auth.register({ user_id: "ann", nickname: "Ann", password });
     */
    auth: {
      register: (request: RegisterRequest) => post<User>("/auth/register", request),
      /** Ends the platform's login before. */
      login: (request: LoginRequest) => post<Token & { user_info: User }>("/auth/login", request),
      /** This login is dead. */
      logout: () => post("/auth/logout"),
      /** The old token can do nothing but repeat this, for a minute; `client.refresh()` also takes the new one. */
      refresh: () => post<Token>("/auth/refresh"),
      /** Every other login is dead. */
      password: (request: PasswordRequest) => post("/auth/password", request),
    },
    /** @example const [ben] = await client.api.user.many(["ben"]); */
    user: {
      me: () => get<Me>("/user/info"),
      profile: (user_id: string) => get<User>(`/user/profile/${encodeURIComponent(user_id)}`),
      update: (request: UserUpdateRequest) => put<Me>("/user/update", request),
      /** At most 100; those found, in the order asked. */
      many: (user_ids: readonly string[]) => post<User[]>("/user/batch_info", { user_ids }),
      /** At most 100; people you share no conversation with look offline. */
      onlineStatus: (user_ids: readonly string[]) => post<Presence[]>("/user/get_users_online_status", { user_ids }),
    },
    /** @example await client.api.group.setRole({ group_id, user_id: "ben", role_level: Role.ADMIN }); */
    group: {
      create: (request: GroupCreateRequest) => post<Group>("/group/create", request),
      info: (group_id: string) => get<Group>("/group/info", { group_id }),
      members: (request: { group_id: string } & PageRequest): Promise<PageOf<GroupMember>> =>
        http.page("GET", "/group/members", { query: request }),
      join: (request: GroupJoinRequest) => post("/group/join", request),
      quit: (group_id: string) => post("/group/quit", { group_id }),
      invite: (request: GroupUsersRequest) => post<UserResult[]>("/group/invite", request),
      kick: (request: GroupUsersRequest) => post<UserResult[]>("/group/kick", request),
      setRole: (request: GroupSetRoleRequest) => post("/group/set_role", request),
      transfer: (request: GroupTransferRequest) => post("/group/transfer", request),
      dismiss: (group_id: string) => post("/group/dismiss", { group_id }),
      mute: (request: GroupMuteRequest) => post("/group/mute", request),
      update: (request: GroupUpdateRequest) => put<Group>("/group/update", request),
      nickname: (request: GroupNicknameRequest) => put("/group/nickname", request),
    },
    /** The bare routes; `client.send` and `client.messages` are what an app wants. */
    msg: {
      send: (request: SendRequest) => post<Message>("/msg/send", request),
      pull: (request: PullRequest) => get<Pulled>("/msg/pull", { ...request }),
      maxSeq: (conversation_id: string) => get<{ max_seq: number }>("/msg/max_seq", { conversation_id }),
      /** Who has read a message. */
      readBy: (request: { conversation_id: string; seq: number } & PageRequest): Promise<PageOf<ReadBy>> =>
        http.page("GET", "/msg/read_by", { query: request }),
    },
    /** @example await client.api.conversation.update(conversation_id, { is_pinned: true }); */
    conversation: {
      list: (request: PageRequest = {}): Promise<PageOf<Conversation>> =>
        http.page("GET", "/conversation/list", { query: request }),
      info: (conversation_id: string) => get<Conversation>("/conversation/info", { conversation_id }),
      update: (conversation_id: string, request: ConversationUpdateRequest) =>
        put("/conversation/update", request, { conversation_id }),
      markRead: (conversation_id: string, read_seq: number) =>
        post("/conversation/mark_read", { conversation_id, read_seq }),
      readState: (conversation_id: string) => get<ReadState>("/conversation/max_read_seq", { conversation_id }),
      /** Counted from read_seq, or from the own mark. */
      unreadCount: (conversation_id: string, read_seq?: number) =>
        get<{ unread_count: number }>("/conversation/unread_count", { conversation_id, read_seq }),
      totals: () => get<{ unread_count: number; muted_unread_count: number }>("/conversation/unread_count"),
    },
    sync: (request: { since: number; page?: string; limit?: number }) => get<Synced>("/sync", request),
  };
}
