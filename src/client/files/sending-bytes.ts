import type { AbortSignalLike } from "../connection/environment.ts";
import type { FileLike } from "./file.ts";

/** An upload that has moved no byte for so long is given up, in milliseconds. */
const STALLED = 30_000;

/** The part of XMLHttpRequest that the SDK uses: `fetch` does not report progress. */
interface Xhr {
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  getResponseHeader(name: string): string | null;
  send(body: FileLike): void;
  abort(): void;
  readonly status: number;
  readonly responseText: string;
  onload: (() => void) | null;
  onerror: (() => void) | null;
  onabort: (() => void) | null;
  readonly upload: { onprogress: ((event: { readonly loaded: number }) => void) | null };
}

interface Sent {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

export interface FileRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: FileLike;
  readonly signal: AbortSignalLike;
  /** Called with the bytes sent so far. */
  readonly progress: ((sent: number) => void) | undefined;
}

/** Whether the platform can report the progress of an upload. */
export function reportsProgress(): boolean {
  return "XMLHttpRequest" in globalThis;
}

/** Sends a file and reports its progress. @throws Error if there is no answer */
export function sendWithProgress(url: string, request: FileRequest): Promise<Sent> {
  const { XMLHttpRequest } = globalThis as unknown as { XMLHttpRequest: new () => Xhr };
  const { method, headers, body, signal, progress } = request;
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    const abort = () => xhr.abort();
    let timer = setTimeout(abort, STALLED);
    const end = (settle: () => void) => () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      settle();
    };
    xhr.open(method, url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = ({ loaded }) => {
      clearTimeout(timer);
      timer = setTimeout(abort, STALLED);
      progress?.(loaded);
    };
    xhr.onload = end(() =>
      resolve({
        status: xhr.status,
        headers: { get: (name) => xhr.getResponseHeader(name) },
        text: async () => xhr.responseText,
      }),
    );
    xhr.onerror = end(() => reject(new Error("the connection was lost")));
    xhr.onabort = end(() => reject(new Error("given up")));
    signal.addEventListener("abort", abort);
    xhr.send(body);
  });
}
