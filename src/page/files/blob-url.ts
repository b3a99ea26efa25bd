import { useEffect, useState } from "preact/hooks";
import type { FileLike } from "../../client/index.ts";

/** An address of a file of this device, for as long as it is shown; "" while there is none. */
export function useBlobUrl(file: FileLike | null): string {
  const [url, setUrl] = useState("");
  useEffect(() => {
    if (!(file instanceof Blob)) return;
    const address = URL.createObjectURL(file);
    setUrl(address);
    return () => {
      URL.revokeObjectURL(address);
      setUrl("");
    };
  }, [file]);
  return url;
}
