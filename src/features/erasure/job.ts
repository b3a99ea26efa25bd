import { type ErasureProgress, ErasureStep } from "../../core/erasure.ts";
import { handOn } from "../../core/events.ts";
import type { InboxContext } from "../../core/inbox.ts";
import type { ListEntry } from "../../core/list/entry.ts";
import { eraseFromReports, eraseUser } from "../../directory/erasure.ts";
import { detailOf, log } from "../../log.ts";
import { MemberStatus } from "../../protocol/model.ts";
import { eraseTraces, leaveForGood } from "./calls.ts";

/** Conversations that one alarm calls, and how many of them at the same time. */
const STEP = { conversations: 60, atOnce: 6 };
/** The pause before the next step; before what failed is tried again. */
const PAUSE = { next: 20, retry: 5_000 };
/** Conversations whose reports one query of D1 changes. */
const REPORTS = 500;

type Parts = Pick<
  InboxContext,
  | "env"
  | "userId"
  | "list"
  | "store"
  | "erasure"
  | "heldSockets"
  | "outbound"
  | "profileChanging"
  | "released"
  | "restart"
  | "wakeAt"
>;

/**
 * Erases an account, step by step: what was done is stored after each, and each can be repeated. So it ends complete,
 * whatever dies in between. The profile goes first, so that nobody begins anything new with the user; then the user
 * leaves every conversation, and only then their messages go, so that nothing is sent after that. [ERASE-1] [ERASE-2]
 */
export class ErasureJob {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A conversation has brought the user back: an invitation or a first message was on its way. */
  listChanged({ conversation_id, status }: ListEntry): void {
    const { erasure } = this.#parts;
    if (!erasure.isBegun || !isInside(status) || erasure.stepOf(conversation_id) === ErasureStep.TO_LEAVE) return;
    erasure.putProgress({ conversation_id, step: ErasureStep.TO_LEAVE, cursor: "" });
  }

  async alarm(): Promise<void> {
    const { erasure, wakeAt, released, heldSockets } = this.#parts;
    const { state } = erasure;
    const open = state ? this.#open() : [];
    if (!state || (erasure.isDone && open.length === 0)) return;
    const now = Date.now();
    wakeAt(now + PAUSE.retry);
    if (state.profile_at === 0) await this.#eraseProfile();
    if (open.length > 0) {
      if (await this.#advanceAll(open)) wakeAt(Date.now() + PAUSE.next);
      return;
    }
    if (!released() || !heldSockets.isDrained) return;
    if (now < erasure.settledAt) return wakeAt(erasure.settledAt);
    await this.#finish();
  }

  /** The conversations that are not dealt with; those that the user is in come first. */
  #open(): ErasureProgress[] {
    const { erasure, list, store } = this.#parts;
    const all = new Map(erasure.progress().map((one) => [one.conversation_id, one]));
    const listed = [...list.all()].map(({ conversation_id }) => conversation_id);
    for (const conversation_id of erasure.isDone ? [] : [...listed, ...store.forgotten()]) {
      if (!all.has(conversation_id)) {
        all.set(conversation_id, { conversation_id, step: ErasureStep.TO_LEAVE, cursor: "" });
      }
    }
    const open = [...all.values()].filter(({ step }) => step !== ErasureStep.ERASED);
    const toLeave = open.filter(({ step }) => step === ErasureStep.TO_LEAVE);
    return toLeave.length > 0 ? toLeave : open;
  }

  async #eraseProfile(): Promise<void> {
    const { env, userId, erasure, profileChanging } = this.#parts;
    profileChanging();
    await eraseUser(env.DB, userId, Date.now());
    erasure.profileGone(Date.now());
  }

  /** @returns whether all that were tried could be reached */
  async #advanceAll(open: readonly ErasureProgress[]): Promise<boolean> {
    let isReached = true;
    const due = open.slice(0, STEP.conversations);
    for (let at = 0; at < due.length; at += STEP.atOnce) {
      const results = await Promise.allSettled(due.slice(at, at + STEP.atOnce).map((one) => this.#advance(one)));
      for (const result of results) {
        if (result.status === "fulfilled") continue;
        isReached = false;
        log("warn", "erasure_waits", { user: this.#parts.userId, detail: detailOf(result.reason) });
      }
    }
    return isReached;
  }

  async #advance({ conversation_id, step, cursor }: ErasureProgress): Promise<void> {
    const { erasure, list, outbound } = this.#parts;
    const mode = erasure.state?.mode ?? "messages";
    if (step === ErasureStep.TO_LEAVE) {
      await outbound.operate(conversation_id, leaveForGood, null);
      // An invitation after that may have come before this answer.
      const { status = MemberStatus.QUIT } = list.get(conversation_id) ?? {};
      if (isInside(status)) throw new Error("the conversation has brought the user back");
      erasure.putProgress({ conversation_id, step: ErasureStep.LEFT, cursor: "" });
      return;
    }
    const { answer = "{}" } = await outbound.operate(conversation_id, eraseTraces, { mode, cursor });
    const { next = null }: { next?: string | null } = JSON.parse(answer);
    // It was brought back while it was erased.
    if (erasure.stepOf(conversation_id) === ErasureStep.TO_LEAVE) return;
    if (next !== null) erasure.putProgress({ conversation_id, step, cursor: next });
    else if (erasure.isDone) erasure.forget(conversation_id);
    else erasure.putProgress({ conversation_id, step: ErasureStep.ERASED, cursor: "" });
  }

  async #finish(): Promise<void> {
    const { env, userId, erasure, restart } = this.#parts;
    if (erasure.state?.mode === "messages") {
      const ids = erasure.progress().map(({ conversation_id }) => conversation_id);
      for (let at = 0; at < ids.length; at += REPORTS) {
        await eraseFromReports(env.DB, userId, ids.slice(at, at + REPORTS));
      }
    }
    // Before the last step, so that a crash repeats it: receivers drop what they have.
    const event = {
      id: `evt_erased_${userId}`,
      type: "user.erased",
      data: JSON.stringify({ user_id: userId }),
    } as const;
    await handOn(env, [event]);
    // What a conversation brought back meanwhile is left first.
    if (this.#open().length > 0) return;
    erasure.finish(Date.now());
    await restart("the account was erased");
  }
}

function isInside(status: number): boolean {
  return status === MemberStatus.NORMAL || status === MemberStatus.INVITED;
}
