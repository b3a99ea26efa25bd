import { declareCall } from "../../core/call.ts";

/** Answers once an object has read its storage. Health checks use it to test whether objects work. */
export const objectReady = declareCall<null, void>("health.ready");
