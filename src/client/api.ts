import type { Group, GroupMember, Me, Presence, ReadBy, ReadState, User } from "../protocol/model.ts";
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
  RouteRequest,
  SendRequest,
  UserUpdateRequest,
} from "../protocol/requests.ts";
import type { RouteData } from "../protocol/route-answers.ts";
import type { RouteKey } from "../protocol/routes.ts";
import type { FetchLike } from "./connection/environment.ts";
import { type Call, type CallOptions, Http } from "./connection/http.ts";
import type { AppTypes, Conversation, Message, Pulled, Synced, Typed } from "./messages/content.ts";

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

/** Of all conversations together. */
type Totals = Extract<RouteData<"GET /conversation/unread_count">, { muted_unread_count: number }>;

type PageRequest = { cursor?: string; limit?: number };

/**
 * Every route of the server as a typed method. Each returns what stands in `data`, or throws NexoClientError.
 *
 * @example
 * const group = await client.api.group.create({ name: "Lunch", member_ids: ["ben"] });
 * const { items } = await client.api.group.members({ group_id: group.id });
 */
export type Api<T extends AppTypes = AppTypes> = ReturnType<typeof routesOver<T>> & {
  /**
   * The same routes, with something said of each call.
   * @example const { items } = await client.api.with({ signal }).group.members({ group_id });
   */
  with(options: CallOptions): Api<T>;
};

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
export function createApi<T extends AppTypes = AppTypes>({ url, token = "", fetch }: ApiOptions): Api<T> {
  return apiOver<T>(new Http({ url, fetch, token: () => token }));
}

type Params = Readonly<Record<string, string | number | undefined>>;
type Item<List> = List extends readonly (infer One)[] ? One : never;

/** Where a call goes, by the key of its route. */
function addressed(key: RouteKey, params: Params = {}) {
  const [method = "", path = ""] = key.split(" ");
  return [method, path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ""))] as const;
}

/** The routes by one transport. */
export function apiOver<T extends AppTypes = AppTypes>(http: Http, options: CallOptions = {}): Api<T> {
  return { ...routesOver<T>(http, options), with: (others) => apiOver<T>(http, others) };
}

function routesOver<T extends AppTypes>(http: Http, options: CallOptions) {
  const call = <K extends RouteKey>(key: K, given: RouteRequest<K> & Call & { params?: Params }) =>
    http.data<Typed<RouteData<K>, T>>(...addressed(key, given.params), { ...given, ...options });
  const page = <K extends RouteKey>(key: K, given: RouteRequest<K> & Call) =>
    http.page<Typed<Item<RouteData<K>>, T>>(...addressed(key), { ...given, ...options });
  return {
    /**
     * Accounts and logins. A client signs in and refreshes by itself; before there is one, `createApi` has these.
     *
     * @example await createApi({ url }).auth.register({ user_id: "ann", nickname: "Ann", password });
     */
    auth: {
      register: (request: RegisterRequest): Promise<User> => call("POST /auth/register", { body: request }),
      /** Ends the platform's login before. */
      login: (request: LoginRequest): Promise<Token & { user_info: User }> =>
        call("POST /auth/login", { body: request }),
      /** This login is dead. */
      logout: () => call("POST /auth/logout", {}),
      /** The old token can do nothing but repeat this, for a minute; `client.refresh()` also takes the new one. */
      refresh: (): Promise<Token> => call("POST /auth/refresh", {}),
      /** Every other login is dead. */
      password: (request: PasswordRequest) => call("POST /auth/password", { body: request }),
    },
    /** @example const [ben] = await client.api.user.many(["ben"]); */
    user: {
      me: (): Promise<Me> => call("GET /user/info", {}),
      profile: (user_id: string): Promise<User> => call("GET /user/profile/:user_id", { params: { user_id } }),
      update: (request: UserUpdateRequest): Promise<Me> => call("PUT /user/update", { body: request }),
      /** At most 100; those found, in the order asked. */
      many: (user_ids: readonly string[]): Promise<User[]> =>
        call("POST /user/batch_info", { body: { user_ids: [...user_ids] } }),
      /** At most 100; people you share no conversation with look offline. */
      onlineStatus: (user_ids: readonly string[]): Promise<Presence[]> =>
        call("POST /user/get_users_online_status", { body: { user_ids: [...user_ids] } }),
    },
    /** @example await client.api.group.setRole({ group_id, user_id: "ben", role_level: Role.ADMIN }); */
    group: {
      create: (request: GroupCreateRequest): Promise<Group> => call("POST /group/create", { body: request }),
      info: (group_id: string): Promise<Group> => call("GET /group/info", { query: { group_id } }),
      members: (request: { group_id: string } & PageRequest): Promise<PageOf<GroupMember>> =>
        page("GET /group/members", { query: request }),
      join: (request: GroupJoinRequest) => call("POST /group/join", { body: request }),
      quit: (group_id: string) => call("POST /group/quit", { body: { group_id } }),
      invite: (request: GroupUsersRequest): Promise<UserResult[]> => call("POST /group/invite", { body: request }),
      kick: (request: GroupUsersRequest): Promise<UserResult[]> => call("POST /group/kick", { body: request }),
      setRole: (request: GroupSetRoleRequest) => call("POST /group/set_role", { body: request }),
      transfer: (request: GroupTransferRequest) => call("POST /group/transfer", { body: request }),
      dismiss: (group_id: string) => call("POST /group/dismiss", { body: { group_id } }),
      mute: (request: GroupMuteRequest) => call("POST /group/mute", { body: request }),
      update: (request: GroupUpdateRequest): Promise<Group> => call("PUT /group/update", { body: request }),
      nickname: (request: GroupNicknameRequest) => call("PUT /group/nickname", { body: request }),
    },
    /** The bare routes; `client.send` and `client.messages` are what an app wants. */
    msg: {
      send: (request: SendRequest): Promise<Message<T>> => call("POST /msg/send", { body: request }),
      pull: (request: PullRequest): Promise<Pulled<T>> => call("GET /msg/pull", { query: { ...request } }),
      maxSeq: (conversation_id: string) => call("GET /msg/max_seq", { query: { conversation_id } }),
      /** Who has read a message. */
      readBy: (request: { conversation_id: string; seq: number } & PageRequest): Promise<PageOf<ReadBy>> =>
        page("GET /msg/read_by", { query: request }),
    },
    /** @example await client.api.conversation.update(conversation_id, { is_pinned: true }); */
    conversation: {
      list: (request: PageRequest = {}): Promise<PageOf<Conversation<T>>> =>
        page("GET /conversation/list", { query: request }),
      info: (conversation_id: string): Promise<Conversation<T>> =>
        call("GET /conversation/info", { query: { conversation_id } }),
      update: (conversation_id: string, request: ConversationUpdateRequest) =>
        call("PUT /conversation/update", { query: { conversation_id }, body: request }),
      markRead: (conversation_id: string, read_seq: number) =>
        call("POST /conversation/mark_read", { body: { conversation_id, read_seq } }),
      readState: (conversation_id: string): Promise<ReadState> =>
        call("GET /conversation/max_read_seq", { query: { conversation_id } }),
      /** Counted from read_seq, or from the own mark. */
      unreadCount: (conversation_id: string, read_seq?: number): Promise<{ unread_count: number }> =>
        call("GET /conversation/unread_count", { query: { conversation_id, read_seq } }),
      totals: () => http.data<Totals>("GET", "/conversation/unread_count", options),
    },
    sync: (request: { since: number; page?: string; limit?: number }): Promise<Synced<T>> =>
      call("GET /sync", { query: request }),
  };
}
