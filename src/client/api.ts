import type { Block, Export, Me, Presence, Privacy, Session, User } from "../protocol/account-model.ts";
import type { Group, GroupApplication, GroupBan, GroupCard, GroupLink, GroupMember } from "../protocol/group-model.ts";
import type { Found, FoundIn, ReadBy, ReadState, Uploaded } from "../protocol/model.ts";
import type { PushKey } from "../protocol/push-model.ts";
import type {
  ConversationUpdateRequest,
  EditRequest,
  EraseRequest,
  ExchangeRequest,
  ExportRequest,
  ForwardRequest,
  GroupBanRequest,
  GroupCreateRequest,
  GroupJoinRequest,
  GroupLinkRequest,
  GroupMuteRequest,
  GroupNicknameRequest,
  GroupSetRoleRequest,
  GroupTransferRequest,
  GroupUpdateRequest,
  GroupUsersRequest,
  LoginRequest,
  PasswordRequest,
  PinRequest,
  PullRequest,
  PushRegisterRequest,
  ReactRequest,
  RegisterRequest,
  ReportRequest,
  SendRequest,
  SeqsRequest,
  UploadRequest,
  UserUpdateRequest,
} from "../protocol/requests.ts";
import type { RouteData } from "../protocol/route-answers.ts";
import type { CallOptions, Http } from "./connection/http.ts";
import { routeCalls } from "./connection/route-calls.ts";
import type { FileLike } from "./files/file.ts";
import type { AppTypes, Conversation, Message, Pulled, Synced, Typed } from "./messages/content.ts";
import type { OfGroup, PageOf, PageRequest, SearchRequest, UserResult } from "./pages.ts";

/** A token and when it ends. */
export interface Token {
  token: string;
  expires_at: number;
}

/** Totals over all conversations. */
type Totals = Extract<RouteData<"GET /conversation/unread_count">, { muted_unread_count: number }>;

/**
 * Every route of the server as a typed method. Each returns the `data` of the answer, or throws NexoClientError.
 *
 * @example
 * const group = await client.api.group.create({ name: "Lunch", member_ids: ["ben"] });
 * const { items } = await client.api.group.members({ group_id: group.id });
 */
export type Api<T extends AppTypes = AppTypes> = ReturnType<typeof routesOver<T>> & {
  /**
   * The same routes, with options that apply to each call.
   * @example const { items } = await client.api.with({ signal }).group.members({ group_id });
   */
  with(options: CallOptions): Api<T>;
};

/** Builds the routes on one transport. @param updated gets the caller's profile after each change of it */
export function apiOver<T extends AppTypes = AppTypes>(
  http: Http,
  updated: (me: Me) => void = () => undefined,
  options: CallOptions = {},
): Api<T> {
  return { ...routesOver<T>(http, updated, options), with: (others) => apiOver<T>(http, updated, others) };
}

/** In a query null would be a text. */
function withoutNulls(query: UploadRequest): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, value ?? undefined]));
}

function routesOver<T extends AppTypes>(http: Http, updated: (me: Me) => void, options: CallOptions) {
  const { call, page } = routeCalls<T>(http, options);
  return {
    /**
     * Accounts and logins. A client signs in and refreshes automatically; without a client, use `createApi`.
     *
     * @example await createApi({ url }).auth.register({ user_id: "ann", nickname: "Ann", password });
     */
    auth: {
      register: (request: RegisterRequest): Promise<User> => call("POST /auth/register", { body: request }),
      /** Ends the previous login of the platform. */
      login: (request: LoginRequest): Promise<Token & { user_info: User }> =>
        call("POST /auth/login", { body: request }),
      /**
       * Signs in with a token of the application's own issuer. To do so again whenever a login ended by time, give it to
       * a client as its token:
       *
       * @example
       * const exchange = async () => (await api.auth.exchange({ token: await mine(), platform_id: Platform.WEB })).token;
       * const client = createClient({ url, token: exchange });
       */
      exchange: (request: ExchangeRequest): Promise<Token & { user_info: User }> =>
        call("POST /auth/exchange", { body: request }),
      /** Ends this login. */
      logout: () => call("POST /auth/logout", {}),
      /** For a minute the old token can only repeat this call; `client.refresh()` also adopts the new token. */
      refresh: (): Promise<Token> => call("POST /auth/refresh", {}),
      /** Your logins, the most recently used first. */
      sessions: (): Promise<Session[]> => call("GET /auth/sessions", {}),
      /** Ends the login of a platform, with all its sockets. */
      endSession: (platform_id: number) => call("POST /auth/sessions/end", { body: { platform_id } }),
      /** Ends every other login. */
      password: (request: PasswordRequest) => call("POST /auth/password", { body: request }),
      /**
       * Erases your account for good, on all devices at once; the client is then signed out. `mode: "anonymous"` keeps
       * your messages without your name. @example await client.api.auth.erase({ password });
       */
      erase: (request: EraseRequest) => call("POST /auth/erase", { body: request }),
    },
    /** @example const [ben] = await client.api.user.many(["ben"]); */
    user: {
      me: (): Promise<Me> => call("GET /user/info", {}),
      profile: (user_id: string): Promise<User> => call("GET /user/profile/:user_id", { params: { user_id } }),
      update: async (request: UserUpdateRequest): Promise<Me> => {
        const me = await call("PUT /user/update", { body: request });
        updated(me);
        return me;
      },
      /** At most 100 ids; returns the users found, in the order of the request. */
      many: (user_ids: readonly string[]): Promise<User[]> =>
        call("POST /user/batch_info", { body: { user_ids: [...user_ids] } }),
      /** Users who let themselves be found, by the beginning of the nickname or the whole id; at most 20. */
      search: (q: string): Promise<User[]> => call("GET /user/search", { query: { q } }),
      /** At most 100 ids; users you share no conversation with appear offline. */
      onlineStatus: (user_ids: readonly string[]): Promise<Presence[]> =>
        call("POST /user/get_users_online_status", { body: { user_ids: [...user_ids] } }),
      /** The user can no longer write to you, add you to groups or see you online. They are not told. */
      block: (user_id: string) => call("POST /user/block", { body: { user_id } }),
      unblock: (user_id: string) => call("POST /user/unblock", { body: { user_id } }),
      /** The users whom you have blocked, newest first. */
      blocks: (request: PageRequest = {}): Promise<PageOf<Block>> => page("GET /user/blocks", { query: request }),
      /** Who may reach, find and see you. */
      privacy: (): Promise<Privacy> => call("GET /user/privacy", {}),
      /** Changes the given fields. @example await client.api.user.setPrivacy({ messages_from: "known" }); */
      setPrivacy: (request: Partial<Privacy>): Promise<Privacy> => call("PUT /user/privacy", { body: request }),
      /**
       * Exports what you can see and what is kept of you, once a day; call it again until it is ready. Of very much it
       * has the first part, and `next`: the `after` of an export that goes on there, a day later.
       */
      export: (request: ExportRequest = {}): Promise<Export> => call("POST /user/export", { body: request }),
      /** Reports a user, or a message with what you see around it, to the moderators. */
      report: (request: ReportRequest): Promise<{ report_id: string }> => call("POST /user/report", { body: request }),
    },
    /** @example await client.api.group.setRole({ group_id, user_id: "ben", role_level: Role.ADMIN }); */
    group: {
      create: (request: GroupCreateRequest): Promise<Group> => call("POST /group/create", { body: request }),
      info: (group_id: string): Promise<Group> => call("GET /group/info", { query: { group_id } }),
      /** With `q`, only members whose names or id have every word; a page may then be empty though others follow. */
      members: (request: OfGroup & { q?: string }): Promise<PageOf<GroupMember>> =>
        page("GET /group/members", { query: request }),
      /** By `group_id`, or by the `code` of an invite link. Refused with WAITS where an admin has to agree first. */
      join: (request: GroupJoinRequest) => call("POST /group/join", { body: request }),
      quit: (group_id: string) => call("POST /group/quit", { body: { group_id } }),
      invite: (request: GroupUsersRequest): Promise<UserResult[]> => call("POST /group/invite", { body: request }),
      /** Answers an invitation: a group in the list with `my_status` 4. */
      answerInvite: (group_id: string, accept: boolean) =>
        call("POST /group/answer_invite", { body: { group_id, accept } }),
      /** The users who wait for your approval; `application_count` of the conversation says how many. */
      applications: (request: OfGroup): Promise<PageOf<GroupApplication>> =>
        page("GET /group/applications", { query: request }),
      answerApplication: (group_id: string, user_id: string, accept: boolean) =>
        call("POST /group/applications/answer", { body: { group_id, user_id, accept } }),
      /**
       * Makes an invite link. Without `expires_in` (seconds) and `max_uses` it holds until it is revoked. It ends when its
       * maker is no owner or admin any more; by a transfer it becomes the new owner's.
       */
      makeLink: (request: GroupLinkRequest): Promise<GroupLink> => call("POST /group/link", { body: request }),
      links: (group_id: string): Promise<GroupLink[]> => call("GET /group/links", { query: { group_id } }),
      /** Without a code, all links of the group. */
      revokeLink: (group_id: string, code?: string) => call("POST /group/link/revoke", { body: { group_id, code } }),
      /** What an invite link leads to. */
      card: (code: string): Promise<GroupCard> => call("GET /group/link", { query: { code } }),
      kick: (request: GroupUsersRequest): Promise<UserResult[]> => call("POST /group/kick", { body: request }),
      /** Keeps a user out, for some seconds or without an end; a member is removed. */
      ban: (request: GroupBanRequest) => call("POST /group/ban", { body: request }),
      unban: (group_id: string, user_id: string) => call("POST /group/unban", { body: { group_id, user_id } }),
      bans: (request: OfGroup): Promise<PageOf<GroupBan>> => page("GET /group/bans", { query: request }),
      setRole: (request: GroupSetRoleRequest) => call("POST /group/set_role", { body: request }),
      transfer: (request: GroupTransferRequest) => call("POST /group/transfer", { body: request }),
      dismiss: (group_id: string) => call("POST /group/dismiss", { body: { group_id } }),
      mute: (request: GroupMuteRequest) => call("POST /group/mute", { body: request }),
      /** Changes the given fields: names, texts and switches. */
      update: (request: GroupUpdateRequest): Promise<Group> => call("PUT /group/update", { body: request }),
      nickname: (request: GroupNicknameRequest) => call("PUT /group/nickname", { body: request }),
    },
    /** The plain routes; apps normally use `client.send` and `client.messages`. */
    msg: {
      send: (request: SendRequest): Promise<Message<T>> => call("POST /msg/send", { body: request }),
      pull: (request: PullRequest): Promise<Pulled<T>> => call("GET /msg/pull", { query: { ...request } }),
      /** What changed of messages after a rev, oldest change first. */
      changes: (request: { conversation_id: string; since_rev: number; from_seq?: number; limit?: number }) =>
        call("GET /msg/changes", { query: { from_seq: undefined, limit: undefined, ...request } }),
      edit: (request: EditRequest) => call("POST /msg/edit", { body: request }),
      /** One result for each seq; code 0 is success. */
      recall: (request: SeqsRequest) => call("POST /msg/recall", { body: request }),
      /** Deletes messages for the caller only. */
      delete: (request: SeqsRequest) => call("POST /msg/delete", { body: request }),
      react: (request: ReactRequest) => call("POST /msg/react", { body: request }),
      pin: (request: PinRequest) => call("POST /msg/pin", { body: request }),
      /** Sends messages on to another conversation, as new messages with these ids. */
      forward: (request: ForwardRequest): Promise<Message<T>[]> => call("POST /msg/forward", { body: request }),
      /** Lists who reacted to a message. */
      reactions: (request: { conversation_id: string; seq: number; emoji?: string } & PageRequest) =>
        page("GET /msg/reactions", { query: request }),
      /** The earlier contents of an edited message. */
      revisions: (conversation_id: string, seq: number) =>
        call("GET /msg/revisions", { query: { conversation_id, seq } }),
      /** The pinned messages of a conversation. */
      pins: (conversation_id: string): Promise<Message<T>[]> => call("GET /msg/pins", { query: { conversation_id } }),
      /** The messages that mention the caller. */
      mentions: (request: { conversation_id: string } & PageRequest): Promise<PageOf<Message<T>>> =>
        page("GET /msg/mentions", { query: { cursor: undefined, limit: undefined, ...request } }),
      /**
       * Searches what you see of a conversation, newest first; every word of `q` must be in a message. A page looks at up
       * to 10,000 messages, so it may be empty: pass `next` as the `cursor` of the next request until it is "".
       * @example const { messages, next } = await client.api.msg.search({ conversation_id, q: "lunch" });
       */
      search: (request: SearchRequest): Promise<Typed<Found, T>> => call("GET /msg/search", { query: { ...request } }),
      /**
       * Searches all your conversations, the newest first, for at most 3 messages in each. Where `next` of one is not "",
       * `search` in it finds more with that as its `cursor`. A page may be empty though others follow.
       */
      searchAll: (request: { q: string; cursor?: string }): Promise<PageOf<Typed<FoundIn, T>>> =>
        page("GET /search", { query: { cursor: undefined, ...request } }),
      maxSeq: (conversation_id: string) => call("GET /msg/max_seq", { query: { conversation_id } }),
      /** Lists the users who have read a message. */
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
      /** Takes it out of the list until its next message; with `clear`, its history goes, too. */
      delete: (conversation_id: string, options: { clear?: boolean } = {}) =>
        call("POST /conversation/delete", { body: { conversation_id, ...options } }),
      /** Hides the history so far from you, on all devices. Others keep it. */
      clear: (conversation_id: string) => call("POST /conversation/clear", { body: { conversation_id } }),
      markRead: (conversation_id: string, read_seq: number) =>
        call("POST /conversation/mark_read", { body: { conversation_id, read_seq } }),
      readState: (conversation_id: string): Promise<ReadState> =>
        call("GET /conversation/max_read_seq", { query: { conversation_id } }),
      /** Counted from read_seq, or from the user's own read mark. */
      unreadCount: (conversation_id: string, read_seq?: number): Promise<{ unread_count: number }> =>
        call("GET /conversation/unread_count", { query: { conversation_id, read_seq } }),
      totals: () => http.data<Totals>("GET", "/conversation/unread_count", options),
    },
    /** Small texts that your devices share, such as drafts; at most 500 keys of 4,096 bytes. */
    data: {
      /** What changed since a rev, of which `on("own_data")` tells, too; on `reset` these are all items. */
      since: (since?: number) => call("GET /user/data", { query: { since } }),
      /** "" deletes the key. @example await client.api.data.put("draft si_ann:ben", "Hel"); */
      put: (key: string, value: string) => call("PUT /user/data", { body: { key, value } }),
    },
    /** @example const { url } = await client.api.media.upload({ conversation_id, type: file.type }, file); */
    media: {
      /** Uploads a file for messages of a conversation, or with `purpose: "avatar"` a picture. */
      upload: (query: UploadRequest, file: FileLike, progress?: (sent: number) => void): Promise<Uploaded> =>
        http.data("POST", "/media", { query: withoutNulls(query), file, progress, ...options }),
    },
    /** The plain routes; apps normally use `client.push`. */
    push: {
      key: (): Promise<PushKey> => call("GET /push/key", {}),
      register: (request: PushRegisterRequest): Promise<{ device_id: string }> =>
        call("POST /push/register", { body: request }),
      /** Without a device_id, all devices of this login. */
      unregister: (device_id?: string) => call("POST /push/unregister", { body: { device_id } }),
      /** The groups whose every message has a notification, even if they are large. */
      conversations: (): Promise<string[]> => call("GET /push/conversations", {}),
      everyMessage: (conversation_id: string, every_message: boolean) =>
        call("PUT /push/conversation", { body: { conversation_id, every_message } }),
    },
    sync: (request: { since: number; page?: string; limit?: number }): Promise<Synced<T>> =>
      call("GET /sync", { query: request }),
  };
}
