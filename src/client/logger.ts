import { callApp } from "./app-code.ts";

/**
 * Takes what happens inside a client, for whoever looks for a fault: `console` is one. No token, no content and no
 * query is in it.
 *
 * @example createClient({ url, token, logger: console });
 */
export interface Logger {
  debug(message: string, details: Readonly<Record<string, unknown>>): void;
  warn(message: string, details: Readonly<Record<string, unknown>>): void;
}

const SILENT: Logger = { debug: () => undefined, warn: () => undefined };

/** The app's logger, of which no error gets into the client. [LINK-1] */
export function guarded(logger: Logger = SILENT): Logger {
  return {
    debug: (message, details) => callApp(() => logger.debug(message, details)),
    warn: (message, details) => callApp(() => logger.warn(message, details)),
  };
}
