import type { InboxContext, InboxFeature, InboxFrameHandlers } from "../core/inbox.ts";
import { consenting } from "../features/consent/inbox.ts";
import { conversations } from "../features/conversations/inbox.ts";
import { groups } from "../features/groups/inbox.ts";
import { health } from "../features/health/inbox.ts";
import { logins } from "../features/logins/inbox.ts";
import { media } from "../features/media/inbox.ts";
import { messages } from "../features/messages/inbox.ts";
import { presence } from "../features/presence/inbox.ts";
import { profiles } from "../features/profiles/inbox.ts";
import { push } from "../features/push/inbox.ts";
import { reads } from "../features/reads/inbox.ts";
import { reports } from "../features/reports/inbox.ts";
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
  };
  return { features: Object.values(all), frames };
}
