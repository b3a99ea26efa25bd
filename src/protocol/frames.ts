import { type Code, Code as Codes, codeMessage } from "./codes.ts";

/** Frames that clients send; the answer has the same number. */
export const Request = {
  NEWEST_SEQS: 1001,
  PULL_LIST: 1002,
  SEND: 1003,
  PULL_RANGE: 1005,
  READ_STATE: 1006,
  MARK_READ: 1007,
  TYPING: 1008,
  SYNC: 1009,
  PRESENCE: 1010,
  CHANGES: 1011,
  EDIT: 1012,
  RECALL: 1013,
  DELETE: 1014,
  REACT: 1015,
  PIN: 1016,
  BACKGROUND: 1017,
} as const;

/** Frames that the server sends without a request. */
export const Push = {
  MESSAGES: 2001,
  SIGNED_OUT: 2002,
  READ: 2003,
  RESYNC: 2004,
  PRESENCE: 2005,
  TYPING: 2006,
  CONVERSATION: 2007,
  CHANGED: 2008,
  OWN_DATA: 2011,
  DATA_ERROR: 3001,
} as const;

/** WebSocket close codes. 1003 and 1009 are the standard's. */
export const Close = {
  BINARY: 1003,
  TOO_LARGE: 1009,
  /** The login ended: do not reconnect with this token. */
  SIGNED_OUT: 4001,
  REFUSED: 4003,
  /** The client keeps sending requests that are refused. */
  FLOOD: 4008,
} as const;

/** The subprotocol that browsers offer, and the prefix of the one that carries their token. */
export const SUBPROTOCOL = "nexo";
export const TOKEN_SUBPROTOCOL = "nexo.token.";

export type SignedOutReason = "new_login" | "logout" | "password" | "banned" | "erased" | "expired" | "refused";

/** What an answer echoes. */
export interface Echo {
  readonly req_identifier: number;
  readonly msg_incr: string;
  readonly operation_id: string;
}

/** Parses JSON of any value; undefined if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An answer to a request; `data` is JSON text. */
export function answerFrame(echo: Echo, data: string, base64: boolean): string {
  return frame(echo, Codes.OK, "", data, base64);
}

/** The answer to a request that failed. */
export function errorFrame(echo: Echo, code: Code, message: string = codeMessage(code)): string {
  return frame(echo, code, message, "null", false);
}

/** A frame that the server sends without a request; `data` is JSON text. */
export function pushFrame(push: number, data: string, base64: boolean): string {
  return frame({ req_identifier: push, msg_incr: "", operation_id: "" }, Codes.OK, "", data, base64);
}

/** The push 3001, for data that is not a frame. */
export function dataErrorFrame(message: string): string {
  const echo = { req_identifier: Push.DATA_ERROR, msg_incr: "", operation_id: "" };
  return errorFrame(echo, Codes.INVALID_PROTOCOL, message);
}

/** Concatenated by hand: data is JSON already, and is serialized once for any number of sockets. */
function frame(echo: Echo, code: Code, message: string, data: string, base64: boolean): string {
  const body = base64 ? `"${encodeBase64(data)}"` : data;
  return `{"req_identifier":${echo.req_identifier},"msg_incr":${JSON.stringify(echo.msg_incr)},"operation_id":${JSON.stringify(echo.operation_id)},"err_code":${code},"err_msg":${JSON.stringify(message)},"data":${body}}`;
}

/** Base64 (standard alphabet, padded) of a text's UTF-8. */
export function encodeBase64(text: string): string {
  let binary = "";
  const data = new TextEncoder().encode(text);
  // fromCharCode takes its bytes as arguments, whose number is limited by the stack.
  for (let at = 0; at < data.length; at += 8_192) {
    binary += String.fromCharCode(...data.subarray(at, at + 8_192));
  }
  return btoa(binary);
}

/** The text whose UTF-8 a base64 string contains; "" (which is not JSON) if it contains none. */
export function decodeBase64(base64: string): string {
  try {
    return decodeUtf8(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
  } catch {
    return "";
  }
}

/** Decodes UTF-8; "" (which is not JSON) if the bytes are not UTF-8. */
export function decodeUtf8(data: ArrayBuffer | Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return "";
  }
}
