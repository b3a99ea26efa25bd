import { createHash } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { sendFor } from "./load.ts";
import { frames } from "./messages.ts";
import { Wire } from "./ws.ts";

const ANSWER = Buffer.from('{"req_identifier":1003,"err_code":0,"seq":1}');

/**
 * How many answers a second the client can take: from a server in a thread of its own that answers each frame
 * with the same bytes and looks at nothing but their lengths. It and its server share the machine, as in the bench.
 */
export async function clientLimit(milliseconds: number, random: () => number): Promise<number> {
  const thread = new Worker(new URL(import.meta.url));
  const port = await new Promise<number>((resolve) => thread.once("message", resolve));
  const wire = await Wire.open(new URL(`http://127.0.0.1:${port}`), "/");
  const next = frames({ from: "alice", to: { recv_id: "bob" } }, random);
  await sendFor([{ wire, next }], 64, milliseconds / 2);
  const rate = await sendFor([{ wire, next }], 64, milliseconds);
  await thread.terminate();
  return rate;
}

function serve(socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.once("data", (head) => {
    const key = /sec-websocket-key: (\S+)/i.exec(head.toString())?.[1] ?? "";
    const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.on("data", (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      const answers: Buffer[] = [];
      for (let size = sizeOf(rest); size !== undefined && size <= rest.length; size = sizeOf(rest)) {
        rest = rest.subarray(size);
        answers.push(Buffer.from([0x81, ANSWER.length]), ANSWER);
      }
      socket.write(Buffer.concat(answers));
    });
  });
  socket.on("error", () => socket.destroy());
}

/** The size of the masked frame that begins here. */
function sizeOf(data: Buffer): number | undefined {
  if (data.length < 4) return undefined;
  const short = (data[1] ?? 0) & 0x7f;
  return short < 126 ? 6 + short : 8 + data.readUInt16BE(2);
}

if (!isMainThread) {
  const server = createServer(serve).listen(0, "127.0.0.1", () => {
    const address = server.address();
    parentPort?.postMessage(typeof address === "object" ? address?.port : 0);
  });
}
