import * as z from "zod";
import { MessageType, NoticeType } from "./model.ts";
import { optional } from "./text.ts";

/**
 * What a kind of message means to the server. A new kind is a row here and a number in `model.ts`; a notice has the
 * schema of its content in `answers.ts`, which only documents and tests need.
 */
export interface Kind {
  /** What users may send as its content: the documented form first. Null: only the server writes it. */
  readonly content: z.ZodType | null;
  /** Counts as unread. SDKs read the same from the number. */
  readonly isCountable: boolean;
  /** Its content has a `text` of which the list shows the beginning. */
  readonly hasText?: true;
  /** Its content names who came into the group, as `user_ids`. */
  readonly bringsMembers?: true;
  /** The group has another name or picture from here on. */
  readonly renamesGroup?: true;
}

const number = optional(z.number().nonnegative());
const url = z.string();

const sent = (...[documented, short]: readonly z.ZodType[]): Kind => ({
  content: documented && short ? z.union([documented, short]) : (documented ?? null),
  isCountable: true,
});
const notice: Kind = { content: null, isCountable: false };

/** The short form of a content is that of the original's SDK, which has the type's name for a key. [WIRE-3] */
export const KINDS: ReadonlyMap<number, Kind> = new Map<number, Kind>([
  [MessageType.TEXT, { ...sent(z.object({ text: z.string() })), hasText: true }],
  [
    MessageType.IMAGE,
    sent(
      z.object({ image_url: url, image_width: number, image_height: number, image_size: number }),
      z.object({ image: url }),
    ),
  ],
  [
    MessageType.VIDEO,
    sent(
      z.object({ video_url: url, video_duration: number, video_size: number, thumbnail_url: optional(url) }),
      z.object({ video: url }),
    ),
  ],
  [
    MessageType.AUDIO,
    sent(z.object({ audio_url: url, audio_duration: number, audio_size: number }), z.object({ audio: url })),
  ],
  [
    MessageType.FILE,
    sent(z.object({ file_url: url, file_name: z.string(), file_size: number }), z.object({ file: url })),
  ],
  [
    MessageType.CUSTOM,
    sent(
      z.object({ custom_type: z.union([z.string(), z.number()]), custom_data: present() }),
      z.object({ custom: z.string() }),
    ),
  ],
  [NoticeType.JOINED, { ...notice, bringsMembers: true }],
  [NoticeType.INVITED, { ...notice, bringsMembers: true }],
  [NoticeType.QUIT, notice],
  [NoticeType.KICKED, notice],
  [NoticeType.ROLE, notice],
  [NoticeType.OWNER, notice],
  [NoticeType.MUTE, notice],
  [NoticeType.GROUP_UPDATED, { ...notice, renamesGroup: true }],
  [NoticeType.DISMISSED, notice],
  [NoticeType.PINNED, notice],
  [NoticeType.OWNER_FOLLOWED, notice],
  [NoticeType.APPROVED, { ...notice, bringsMembers: true }],
]);

function present() {
  return z.unknown().refine((value) => value !== undefined, "is missing");
}
