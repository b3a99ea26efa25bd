import type { GroupRules } from "../../protocol/group-model.ts";
import {
  type Conversation as AnyConversation,
  type Message as AnyMessage,
  type Pulled as AnyPulled,
  type Synced as AnySynced,
  MessageType,
  type Millis,
  NoticeType,
  type Role,
} from "../../protocol/model.ts";

/**
 * The types an app defines for its messages: `custom` is the type of custom_data. The server does not check it: it
 * accepts any JSON there, from any client.
 *
 * @example createClient<{ custom: { poll: string; options: string[] } }>({ url, token });
 */
export interface AppTypes {
  readonly custom: unknown;
}

/** Content is returned as it was sent, so it may hold more fields than are named here. */
interface Fields {
  readonly [key: string]: unknown;
}

export interface TextContent extends Fields {
  readonly text: string;
}

export interface ImageContent extends Fields {
  readonly image_url: string;
  readonly image_width?: number;
  readonly image_height?: number;
  readonly image_size?: number;
}

export interface VideoContent extends Fields {
  readonly video_url: string;
  readonly video_duration?: number;
  readonly video_size?: number;
  readonly thumbnail_url?: string;
}

export interface AudioContent extends Fields {
  readonly audio_url: string;
  readonly audio_duration?: number;
  readonly audio_size?: number;
}

export interface FileContent extends Fields {
  readonly file_url: string;
  readonly file_name: string;
  readonly file_size?: number;
}

export interface CustomContent<Data = unknown> extends Fields {
  readonly custom_type: string | number;
  readonly custom_data: Data;
}

/**
 * The form that clients of the Go server send: the address is in the field named after the type, and the server checks
 * none of the other fields. `mediaOf` reads both forms.
 */
type ShortContent<Name extends string> = Fields & { readonly [Key in Name]: string };

/** The content to send for each type of message the server accepts. */
interface Contents<T extends AppTypes> {
  readonly [MessageType.TEXT]: TextContent;
  readonly [MessageType.IMAGE]: ImageContent;
  readonly [MessageType.VIDEO]: VideoContent;
  readonly [MessageType.AUDIO]: AudioContent;
  readonly [MessageType.FILE]: FileContent;
  readonly [MessageType.CUSTOM]: CustomContent<T["custom"]>;
}

/** The content received for each type of message. */
interface Received<T extends AppTypes> {
  readonly [MessageType.TEXT]: TextContent;
  readonly [MessageType.IMAGE]: ImageContent | ShortContent<"image">;
  readonly [MessageType.VIDEO]: VideoContent | ShortContent<"video">;
  readonly [MessageType.AUDIO]: AudioContent | ShortContent<"audio">;
  readonly [MessageType.FILE]: FileContent | ShortContent<"file">;
  readonly [MessageType.CUSTOM]:
    | CustomContent<T["custom"]>
    | (ShortContent<"custom"> & { readonly custom_type?: undefined; readonly custom_data?: undefined });
}

/** The fields of every notice: who acted, and on whom. */
export interface NoticeContent extends Fields {
  readonly operator_id: string;
  readonly user_ids: readonly string[];
}

interface Notices {
  readonly [NoticeType.JOINED]: NoticeContent & { readonly inviter_user_id: string };
  readonly [NoticeType.INVITED]: NoticeContent;
  readonly [NoticeType.QUIT]: NoticeContent;
  /** A ban has `banned_until`, the time when it ends; 0 for no end. */
  readonly [NoticeType.KICKED]: NoticeContent & { readonly banned_until?: Millis };
  readonly [NoticeType.ROLE]: NoticeContent & { readonly role_level: Role };
  readonly [NoticeType.OWNER]: NoticeContent;
  /** No user_ids means all members below admin; 0 and 0 mean the mute was lifted. */
  readonly [NoticeType.MUTE]: NoticeContent & { readonly seconds: number; readonly muted_until: Millis };
  /** The fields that changed. */
  readonly [NoticeType.GROUP_UPDATED]: NoticeContent & {
    readonly name?: string;
    readonly introduction?: string;
    readonly avatar?: string;
    readonly announcement?: string;
    readonly extra?: string;
  } & Partial<GroupRules>;
  readonly [NoticeType.DISMISSED]: NoticeContent;
  /** The owner has left for good, and the one user of user_ids is the owner now. */
  readonly [NoticeType.OWNER_FOLLOWED]: NoticeContent;
  readonly [NoticeType.APPROVED]: NoticeContent;
  /** The message that was pinned. */
  readonly [NoticeType.PINNED]: NoticeContent & { readonly seq: number };
}

/**
 * A type unknown to this release: any other number, for example from a newer server. In TypeScript, a comparison with 1
 * rules out -1 but not `number`, so -1 stands for all of them; use `Number(msg_type)` to compare with any number.
 */
export type OtherMessageType = -1 & { readonly isOther?: true };

/** What the sender said beside the content. */
export type MessageMeta = NonNullable<AnyMessage["meta"]>;
/** What became of a message after it was sent. */
export type Amended = NonNullable<AnyMessage["amended"]>;

type Envelope = Omit<AnyMessage, "msg_type" | "content"> & {
  /** The emoji with which this user has reacted; absent if the server has not said it. */
  readonly mine?: readonly string[];
};

type ByType<Map> = {
  [Type in keyof Map]: Envelope & { readonly msg_type: Type; readonly content: Map[Type] };
}[keyof Map];

/** A message of a type unknown to this release. */
export type OtherMessage = Envelope & { readonly msg_type: OtherMessageType; readonly content: Fields };

/**
 * A message; its identity is (conversation_id, seq). Its msg_type determines its content.
 *
 * @example
 * if (message.msg_type === MessageType.TEXT) show(message.content.text);
 */
export type Message<T extends AppTypes = AppTypes> = ByType<Received<T>> | ByType<Notices> | OtherMessage;

/** The content to send for a type; for an unknown type, any object. */
export type ContentOf<Type extends number, T extends AppTypes = AppTypes> = Type extends keyof Contents<T>
  ? Contents<T>[Type]
  : Record<string, unknown>;

/** An object that holds messages, with their contents typed. */
export type Typed<Data, T extends AppTypes = AppTypes> = Data extends AnyMessage
  ? Message<T>
  : Data extends readonly (infer Item)[]
    ? Typed<Item, T>[]
    : Data extends object
      ? { [Key in keyof Data]: Typed<Data[Key], T> }
      : Data;

/** A conversation as one user sees it in the list. */
export type Conversation<T extends AppTypes = AppTypes> = Omit<AnyConversation, "last_message"> & {
  /** null if no message is visible; its text is cut at 256 characters. */
  last_message: Message<T> | null;
};

export type Pulled<T extends AppTypes = AppTypes> = Typed<AnyPulled, T>;
export type Synced<T extends AppTypes = AppTypes> = Typed<AnySynced, T>;

/**
 * Types a message by its msg_type: the server and the app's own `send` have checked the content. Types unknown to this
 * release become OtherMessage.
 */
export function typed(message: AnyMessage): Message {
  return message as Message;
}

/** The details of an image, a video, an audio or a file. */
export interface Media {
  readonly url: string;
  readonly name: string | undefined;
  readonly size: number | undefined;
  /** In the unit chosen by the sender. */
  readonly duration: number | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly thumbnail_url: string | undefined;
}

const MEDIA: Readonly<Record<number, string>> = {
  [MessageType.IMAGE]: "image",
  [MessageType.VIDEO]: "video",
  [MessageType.AUDIO]: "audio",
  [MessageType.FILE]: "file",
};

/**
 * Reads an image, a video, an audio or a file in either form; returns null for any other message. Every field present
 * has its declared type, whoever sent it.
 *
 * @example
 * const media = mediaOf(message);
 * if (media) showLink(media.url, media.name);
 */
export function mediaOf({ msg_type, content }: Pick<AnyMessage, "msg_type" | "content">): Media | null {
  const kind = MEDIA[msg_type];
  if (kind === undefined) return null;
  const text = (key: string) => (typeof content[key] === "string" ? content[key] : undefined);
  const number = (key: string) => (typeof content[key] === "number" ? content[key] : undefined);
  const url = text(`${kind}_url`) ?? text(kind);
  if (url === undefined) return null;
  return {
    url,
    name: text(`${kind}_name`),
    size: number(`${kind}_size`),
    duration: number(`${kind}_duration`),
    width: number(`${kind}_width`),
    height: number(`${kind}_height`),
    thumbnail_url: text("thumbnail_url"),
  };
}
