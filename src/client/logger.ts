import { callApp } from "./app-code.ts";

/**
 * Receives log entries about the client's work, for troubleshooting: `console` is one. They contain no token, no
 * content and no query.
 *
 * @example createClient({ url, token, logger: console });
 */
export interface Logger {
  debug(message: string, details: Readonly<Record<string, unknown>>): void;
  warn(message: string, details: Readonly<Record<string, unknown>>): void;
}

const SILENT: Logger = { debug: () => undefined, warn: () => undefined };

/** Wraps the app's logger so that its errors do not reach the client. [LINK-1] */
export function guarded(logger: Logger = SILENT): Logger {
  return {
    debug: (message, details) => callApp(() => logger.debug(message, details)),
    warn: (message, details) => callApp(() => logger.warn(message, details)),
  };
}
