import type { ConversationContext, ConversationFeature, ConversationFrameHandlers } from "../core/conversation.ts";
import { consent } from "../features/consent/conversation.ts";
import { clearing } from "../features/conversations/conversation.ts";
import { groups } from "../features/groups/conversation.ts";
import { imports } from "../features/imports/conversation.ts";
import { media } from "../features/media/conversation.ts";
import { messages } from "../features/messages/conversation.ts";
import { vouching } from "../features/presence/conversation.ts";
import { reads } from "../features/reads/conversation.ts";
import { reporting } from "../features/reports/conversation.ts";
import { typing } from "../features/typing/conversation.ts";

/** What a Conversation does besides keeping and delivering a log. A frame without a handler does not compile. */
export function featuresOf(context: ConversationContext): {
  readonly features: readonly ConversationFeature[];
  readonly frames: ConversationFrameHandlers;
} {
  const all = {
    messages: messages(context),
    media: media(context),
    reads: reads(context),
    groups: groups(context),
    imports: imports(context),
    typing: typing(context),
    vouching: vouching(context),
    consent: consent(context),
    clearing: clearing(context),
    reporting: reporting(context),
  };
  const frames = { ...all.messages.frames, ...all.reads.frames, ...all.typing.frames };
  return { features: Object.values(all), frames };
}
