/** The part of Blob and File that the SDK uses: browsers, Node, Workers and React Native have them. */
export interface FileLike {
  readonly size: number;
  /** The media type; "" if it is not known. */
  readonly type: string;
  /** Only a File has a name. */
  readonly name?: string;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Makes a file of bytes. */
export function fileOf(parts: readonly (ArrayBuffer | Uint8Array<ArrayBuffer>)[], type: string): FileLike {
  const { Blob } = globalThis as unknown as { Blob: new (parts: unknown, options: { type: string }) => FileLike };
  return new Blob(parts, { type });
}

/** Stores files that wait to be sent, so that they survive a reload. */
export interface FileStorage {
  put(key: string, file: FileLike): Promise<void>;
  get(key: string): Promise<FileLike | undefined>;
  delete(key: string): Promise<void>;
}

/** Loses everything at a reload. */
export function memoryFiles(): FileStorage {
  const files = new Map<string, FileLike>();
  return {
    put: async (key, file) => void files.set(key, file),
    get: async (key) => files.get(key),
    delete: async (key) => void files.delete(key),
  };
}
