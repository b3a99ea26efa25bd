import type { ConversationContext, ConversationFeature, ConversationFrameHandlers } from "../core/conversation.ts";
import { consent } from "../features/consent/conversation.ts";
import { clearing } from "../features/conversations/conversation.ts";
import { deletions } from "../features/deletions/conversation.ts";
import { edits } from "../features/edits/conversation.ts";
import { erasure } from "../features/erasure/conversation.ts";
import { exporting } from "../features/exports/conversation.ts";
import { forwards } from "../features/forwards/conversation.ts";
import { groups } from "../features/groups/conversation.ts";
import { imports } from "../features/imports/conversation.ts";
import { media } from "../features/media/conversation.ts";
import { mentions } from "../features/mentions/conversation.ts";
import { messages } from "../features/messages/conversation.ts";
import { pins } from "../features/pins/conversation.ts";
import { vouching } from "../features/presence/conversation.ts";
import { reactions } from "../features/reactions/conversation.ts";
import { reads } from "../features/reads/conversation.ts";
import { recalls } from "../features/recalls/conversation.ts";
import { reporting } from "../features/reports/conversation.ts";
import { searching } from "../features/search/conversation.ts";
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
    searching: searching(context),
    reporting: reporting(context),
    edits: edits(context),
    recalls: recalls(context),
    deletions: deletions(context),
    reactions: reactions(context),
    pins: pins(context),
    mentions: mentions(context),
    forwards: forwards(context),
    exporting: exporting(context),
    erasure: erasure(context),
  };
  const frames = {
    ...all.messages.frames,
    ...all.reads.frames,
    ...all.typing.frames,
    ...all.edits.frames,
    ...all.recalls.frames,
    ...all.deletions.frames,
    ...all.reactions.frames,
    ...all.pins.frames,
  };
  return { features: Object.values(all), frames };
}
