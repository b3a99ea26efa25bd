import { declareCall } from "../../core/call.ts";

/** Answers once an object has read its storage, for whoever asks whether objects work. */
export const objectReady = declareCall<null, void>("health.ready");
