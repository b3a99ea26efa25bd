import { Code } from "../../protocol/codes.ts";
import { MessageType } from "../../protocol/model.ts";
import { pauseAfter } from "../connection/pauses.ts";
import { isFinal, NexoClientError, noAnswer, toClientError } from "../errors.ts";
import { IdViews } from "../id-views.ts";
import type { Message } from "../messages/content.ts";
import type { Outgoing } from "../messages/outgoing.ts";
import type { View } from "../view.ts";
import type { FileLike, FileStorage } from "./file.ts";
import { contentWith, waitsForFile } from "./kinds.ts";
import { preparePicture } from "./pictures.ts";

/** A file that waits or is being uploaded. */
export interface SendingFile {
  /** For a preview; null until it has been read from the storage. */
  readonly file: FileLike | null;
  /** Bytes sent so far, and all. */
  readonly sent: number;
  readonly total: number;
}

/** An answer to an upload. */
interface Upload {
  readonly url: string;
  readonly expires_at: number;
}

export interface FileUploadsParts {
  readonly storage: Promise<FileStorage>;
  /** @throws NexoClientError */
  readonly upload: (
    query: { conversation_id: string; name: string; type: string },
    file: FileLike,
    options: { readonly signal: AbortSignal; readonly progress?: (sent: number) => void },
  ) => Promise<Upload>;
  /** The message may be sent now. */
  readonly ready: (item: Outgoing) => void;
  /** The file was refused for good. */
  readonly failed: (item: Outgoing, error: NexoClientError) => void;
  readonly now: () => number;
}

interface Job {
  readonly item: Outgoing;
  readonly abort: AbortController;
  failures: number;
  timer: ReturnType<typeof setTimeout> | null;
}

type Prepared = { readonly content: Outgoing["content"]; readonly expires_at: number };

/** Files uploaded at the same time: the server takes five of a user, and other devices send, too. */
const AT_ONCE = 3;

/** Uploads the files of waiting messages. Each is repeated until it is stored or refused; messages wait for it. */
export class FileUploads {
  readonly #parts: FileUploadsParts;
  readonly #files = new Map<string, FileLike>();
  readonly #sent = new Map<string, number>();
  readonly #jobs = new Map<string, Job>();
  readonly #prepared = new Map<string, Prepared>();
  readonly #queue: (() => void)[] = [];
  #running = 0;
  readonly #views = new IdViews<SendingFile | null>({
    make: ([id = ""]) => this.#shown(id),
    watched: ([id = ""], isWatched) => {
      if (isWatched && !this.#files.has(id)) void this.#fileOf(id);
    },
  });

  constructor(parts: FileUploadsParts) {
    this.#parts = parts;
  }

  /** The file of a message that waits; null when there is none. */
  view(clientMessageId: string): View<SendingFile | null> {
    return this.#views.of([clientMessageId]);
  }

  /** Keeps the file of a message that is about to be queued. */
  add(clientMessageId: string, file: FileLike): void {
    this.#files.set(clientMessageId, file);
    void this.#parts.storage.then((storage) => storage.put(clientMessageId, file)).catch(() => undefined);
  }

  /** Whether a message can be sent. If its file is missing, the upload begins. */
  isReady(item: Outgoing): boolean {
    const { client_msg_id: id, content } = item;
    if (!waitsForFile(content) || this.#prepared.has(id)) return true;
    if (!this.#jobs.has(id)) this.#begin(item);
    return false;
  }

  /** Sends a message with the address of its file. A message that the server knows is answered, however late. */
  async transmit(item: Outgoing, send: (item: Outgoing) => Promise<Message>): Promise<Message> {
    const prepared = this.#prepared.get(item.client_msg_id);
    if (!prepared) return await send(item);
    try {
      return await send({ ...item, content: prepared.content });
    } catch (error) {
      const isExpired = prepared.expires_at <= this.#parts.now();
      if (!isExpired || toClientError(error).code !== Code.INVALID_PARAMETER) throw error;
      this.#prepared.delete(item.client_msg_id);
      throw noAnswer("the upload has expired");
    }
  }

  /** The message was sent or discarded: its file is not needed any more. */
  drop(clientMessageId: string): void {
    this.#end(clientMessageId);
    this.#prepared.delete(clientMessageId);
    this.#sent.delete(clientMessageId);
    this.#files.delete(clientMessageId);
    void this.#parts.storage.then((storage) => storage.delete(clientMessageId)).catch(() => undefined);
    this.#views.changed([clientMessageId]);
  }

  /** The network is back: uploads that pause go on now. */
  hurry(): void {
    for (const job of this.#jobs.values()) if (job.timer !== null) this.#again(job);
  }

  stop(): void {
    for (const id of [...this.#jobs.keys()]) this.#end(id);
  }

  #end(id: string): void {
    const job = this.#jobs.get(id);
    this.#jobs.delete(id);
    if (job?.timer) clearTimeout(job.timer);
    job?.abort.abort();
  }

  #begin(item: Outgoing): void {
    const job: Job = { item, abort: new AbortController(), failures: 0, timer: null };
    this.#jobs.set(item.client_msg_id, job);
    void this.#run(job);
  }

  #again(job: Job): void {
    if (job.timer) clearTimeout(job.timer);
    job.timer = null;
    void this.#run(job);
  }

  async #run(job: Job): Promise<void> {
    const { item, abort } = job;
    const { client_msg_id: id } = item;
    await this.#turn();
    try {
      if (abort.signal.aborted) return;
      const prepared = await this.#upload(item, abort.signal);
      if (abort.signal.aborted) return;
      this.#prepared.set(id, prepared);
      this.#jobs.delete(id);
      this.#parts.ready(item);
    } catch (error) {
      if (!abort.signal.aborted) this.#failed(job, toClientError(error));
    } finally {
      this.#running--;
      this.#queue.shift()?.();
    }
  }

  #failed(job: Job, error: NexoClientError): void {
    this.#progress(job.item.client_msg_id, 0);
    if (isFinal(error)) {
      this.#jobs.delete(job.item.client_msg_id);
      this.#parts.failed(job.item, error);
      return;
    }
    job.timer = setTimeout(() => this.#again(job), pauseAfter(error, job.failures++));
  }

  async #turn(): Promise<void> {
    if (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#running++;
  }

  async #upload(item: Outgoing, signal: AbortSignal): Promise<Prepared> {
    const { client_msg_id: id, conversation_id, msg_type } = item;
    const given = await this.#fileOf(id);
    if (!given) throw new NexoClientError(Code.MESSAGE_NOT_FOUND, "the file is no longer on this device");
    const isPicture = msg_type === MessageType.IMAGE;
    const { file, size, thumbnail } = isPicture
      ? await preparePicture(given)
      : { file: given, size: null, thumbnail: null };
    const progress = (sent: number) => this.#progress(id, Math.min(sent, given.size));
    const query = { conversation_id, name: given.name ?? "", type: file.type };
    const { url, expires_at } = await this.#parts.upload(query, file, { signal, progress });
    const small = thumbnail && { ...query, name: "", type: thumbnail.type };
    const shown = small && (await this.#parts.upload(small, thumbnail, { signal }));
    const content = contentWith(item, url, {
      ...(isPicture && { image_size: file.size }),
      ...(size && { image_width: size.width, image_height: size.height }),
      ...(shown && { thumbnail_url: shown.url }),
    });
    return { content, expires_at };
  }

  async #fileOf(id: string): Promise<FileLike | undefined> {
    const known = this.#files.get(id);
    if (known) return known;
    const stored = await this.#parts.storage.then((storage) => storage.get(id)).catch(() => undefined);
    if (stored) this.#files.set(id, stored);
    if (stored) this.#views.changed([id]);
    return stored;
  }

  #progress(id: string, sent: number): void {
    this.#sent.set(id, sent);
    this.#views.changed([id]);
  }

  #shown(id: string): SendingFile | null {
    const file = this.#files.get(id);
    return file ? { file, sent: this.#sent.get(id) ?? 0, total: file.size } : null;
  }
}
