import { Code, NexoError } from "../protocol/codes.ts";

/** Names of networks that are not public. */
const PRIVATE_NAMES =
  /(^|\.)(localhost|local|internal|intranet|lan|home|corp|private|onion|arpa|test|invalid|example)$/i;

/**
 * Checks an address that an operator gave, before the server calls it: https at the usual port of a public name.
 * Addresses in figures are refused in all their forms, since the parser makes them one. A public name that leads to a
 * private address is of no use either: Workers have no private network.
 * @param isTrusting accepts http and any name, for development
 * @throws NexoError INVALID_PARAMETER, naming the field
 */
export function assertOutgoing(field: string, text: string, isTrusting: boolean): URL {
  const wrong = (what: string) => new NexoError(Code.INVALID_PARAMETER, `${field}: ${what}`);
  if (!URL.canParse(text)) throw wrong("must be a URL");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") throw wrong("must have no user and no password");
  if (isTrusting && (url.protocol === "http:" || url.protocol === "https:")) return url;
  if (url.protocol !== "https:") throw wrong("must begin with https://");
  if (url.port !== "") throw wrong("must use the usual port");
  const name = url.hostname.replace(/\.$/, "");
  const isName = /^(?:[a-z0-9_-]+\.)+[a-z][a-z0-9-]*$/i.test(name);
  if (!isName || PRIVATE_NAMES.test(name)) throw wrong("must have a public host name");
  return url;
}
