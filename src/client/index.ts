/**
 * The TypeScript SDK of Nexo IM. It needs only fetch and WebSocket from its platform.
 *
 * @example
 * import { createClient } from "nexo-im/client";
 *
 * const client = createClient({ url: "https://im.example", login: { user_id: "ann", password, platform_id: 5 } });
 *
 * @module
 */

export {
  type Block,
  type Export,
  type Me,
  type OwnDataChange,
  Platform,
  type Presence,
  type Privacy,
  type Session,
  type User,
} from "../protocol/account-model.ts";
export { Code } from "../protocol/codes.ts";
export type { SignedOutReason } from "../protocol/frames.ts";
export {
  type Group,
  type GroupApplication,
  type GroupBan,
  type GroupCard,
  type GroupLink,
  type GroupMember,
  type GroupRules,
  GroupStatus,
  JoinMode,
} from "../protocol/group-model.ts";
export { groupConversationId, singleConversationId } from "../protocol/ids.ts";
export {
  type Found,
  type FoundIn,
  isCountable,
  MemberStatus,
  MessageType,
  NoticeType,
  type ReadBy,
  type ReadState,
  RecvMsgOpt,
  Role,
  SessionType,
  type Uploaded,
} from "../protocol/model.ts";
export type { PushKey, PushKind, PushPayload, PushPrivacy } from "../protocol/push-model.ts";
export type * from "../protocol/requests.ts";
export type { Api, Token } from "./api.ts";
export type { Client, EditChanges, FileOptions, Sending } from "./client.ts";
export type { ConnectionSnapshot } from "./connection/connection.ts";
export type { FetchLike, SocketClass, SocketEvent, SocketLike, WakeHook } from "./connection/environment.ts";
export type { Heartbeat } from "./connection/frame-socket.ts";
export type { CallOptions } from "./connection/http.ts";
export type { TokenProvider } from "./connection/provider.ts";
export type { SignedOut } from "./connection/reconnecting-socket.ts";
export type { ConversationsSnapshot } from "./conversations/conversations.ts";
export { type ApiOptions, createApi } from "./create-api.ts";
export { createClient } from "./create-client.ts";
export { NexoClientError, NO_ANSWER } from "./errors.ts";
export type { ClientEvents } from "./events.ts";
export type { FileLike, FileStorage } from "./files/file.ts";
export { waitsForFile } from "./files/kinds.ts";
export type { SendingFile } from "./files/uploads.ts";
export type { MembersSnapshot } from "./groups/members.ts";
export type { HistoryFactory } from "./history/history.ts";
export type { Logger } from "./logger.ts";
export {
  type Amended,
  type AppTypes,
  type AudioContent,
  type ContentOf,
  type Conversation,
  type CustomContent,
  type FileContent,
  type ImageContent,
  type Media,
  type Message,
  type MessageMeta,
  mediaOf,
  type NoticeContent,
  type OtherMessage,
  type OtherMessageType,
  type Pulled,
  type Synced,
  type TextContent,
  type VideoContent,
} from "./messages/content.ts";
export type { MessageItem, Reaction } from "./messages/items.ts";
export type { MessageListener } from "./messages/message-store.ts";
export type { MessagesSnapshot, MessagesView } from "./messages/message-window.ts";
export type { SendMeta } from "./messages/outgoing.ts";
export type { PinsSnapshot } from "./messages/pins.ts";
export type { ClientOptions } from "./options.ts";
export type { PageOf, SearchRequest, UserResult } from "./pages.ts";
export type { PresenceSnapshot } from "./presence/presence.ts";
export type { BrowserDevice, BrowserSubscription, ClientPush, PushWorker } from "./push.ts";
export { memoryStorage, type Storage, type StorageFactory, type WebStorage, webStorage } from "./storage/storage.ts";
export type { UserCard, UsersSnapshot } from "./users/users.ts";
export type { View } from "./view.ts";
