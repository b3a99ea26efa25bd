import type { InboxContext, InboxFeature, InboxFrameHandlers } from "../core/inbox.ts";
import { consenting } from "../features/consent/inbox.ts";
import { conversations } from "../features/conversations/inbox.ts";
import { deletions } from "../features/deletions/inbox.ts";
import { edits } from "../features/edits/inbox.ts";
import { erasure } from "../features/erasure/inbox.ts";
import { exporting } from "../features/exports/inbox.ts";
import { forwards } from "../features/forwards/inbox.ts";
import { groups } from "../features/groups/inbox.ts";
import { health } from "../features/health/inbox.ts";
import { logins } from "../features/logins/inbox.ts";
import { media } from "../features/media/inbox.ts";
import { messages } from "../features/messages/inbox.ts";
import { ownData } from "../features/own-data/inbox.ts";
import { pins } from "../features/pins/inbox.ts";
import { presence } from "../features/presence/inbox.ts";
import { profiles } from "../features/profiles/inbox.ts";
import { push } from "../features/push/inbox.ts";
import { reactions } from "../features/reactions/inbox.ts";
import { reads } from "../features/reads/inbox.ts";
import { recalls } from "../features/recalls/inbox.ts";
import { reports } from "../features/reports/inbox.ts";
import { searchingAll } from "../features/search/inbox.ts";
import { typing } from "../features/typing/inbox.ts";

/** What an Inbox does besides keeping and delivering a list. A frame without a handler does not compile. */
export function featuresOf(context: InboxContext): {
  readonly features: readonly InboxFeature[];
  readonly frames: InboxFrameHandlers;
} {
  const all = {
    health: health(context),
    logins: logins(context),
    messages: messages(context),
    media: media(context),
    conversations: conversations(context),
    reads: reads(context),
    groups: groups(context),
    typing: typing(context),
    presence: presence(context),
    profiles: profiles(context),
    consenting: consenting(context),
    reports: reports(context),
    ownData: ownData(context),
    searchingAll: searchingAll(context),
    edits: edits(context),
    recalls: recalls(context),
    deletions: deletions(context),
    reactions: reactions(context),
    pins: pins(context),
    forwards: forwards(context),
    exporting: exporting(context),
    erasure: erasure(context),
    // Last: its alarm waits for push services.
    push: push(context),
  };
  const frames = {
    ...all.messages.frames,
    ...all.conversations.frames,
    ...all.reads.frames,
    ...all.typing.frames,
    ...all.presence.frames,
    ...all.push.frames,
    ...all.edits.frames,
    ...all.recalls.frames,
    ...all.deletions.frames,
    ...all.reactions.frames,
    ...all.pins.frames,
  };
  return { features: Object.values(all), frames };
}
