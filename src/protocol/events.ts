/**
 * What an endpoint can hear of. `message.sent`, `message.changed` and `notice` have a message for data, and come at least
 * once, also after a crash; the others have ids, and come once or, rarely, not at all.
 */
export const EVENT_TYPES = [
  "message.sent",
  "message.changed",
  "notice",
  "user.registered",
  "user.updated",
  "user.banned",
  "user.erased",
  "report.made",
  "media.uploaded",
  "login.made",
  "login.ended",
  "push.requested",
  "hook.test",
] as const;
export type EventType = (typeof EVENT_TYPES)[number];
