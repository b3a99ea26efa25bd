import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { Http } from "../../../src/client/connection/http.ts";
import type { FetchLike } from "../../../src/client/index.ts";
import { judgeReply } from "../contract.ts";
import { type Answer, toAnswer } from "./rest.ts";

/**
 * An upgrade made by hand. It shows the status, headers and body of a refusal, which no WebSocket class does. A
 * successful upgrade (101) is closed at once.
 */
export async function upgrade(url: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const http = new Http({ url, token: () => "", fetch: upgrading(headers) });
  const reply = await http.exchange("GET", path);
  judgeReply("GET", path, reply);
  return toAnswer(`upgrade ${new URL(path, url).pathname}`, reply);
}

function upgrading(headers: Record<string, string>): FetchLike {
  return (url, { signal }) =>
    new Promise((resolve, reject) => {
      const open = url.startsWith("https:") ? httpsRequest : httpRequest;
      const request = open(url, {
        signal: signal as AbortSignal,
        headers: {
          connection: "Upgrade",
          upgrade: "websocket",
          "sec-websocket-version": "13",
          "sec-websocket-key": Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64"),
          ...headers,
        },
      });
      request.once("upgrade", (response, socket) => {
        socket.destroy();
        resolve({ status: 101, headers: headersOf(response), text: async () => "" });
      });
      request.once("response", (response) => {
        const text = async () => Buffer.concat(await response.toArray()).toString("utf8");
        resolve({ status: response.statusCode ?? 0, headers: headersOf(response), text });
      });
      request.once("error", reject);
      request.end();
    });
}

function headersOf({ headers }: { headers: NodeJS.Dict<string | string[]> }): Headers {
  return new Headers(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
