import { createHash } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { answerTo } from "../floor/frames.ts";
import { inFlight, rateOf } from "./load.ts";
import { texts } from "./messages.ts";
import { Peer } from "./peer.ts";

/**
 * Measures how many answers a second the client can handle. Its server runs in a thread of its own, answers each frame,
 * and reads little except their lengths. Both share the machine, as in the bench.
 */
export async function clientLimit(milliseconds: number, random: () => number): Promise<number> {
  const thread = new Worker(new URL(import.meta.url));
  const port = await new Promise<number>((resolve) => thread.once("message", resolve));
  const peer = await Peer.open(new URL(`http://127.0.0.1:${port}`), "/");
  const lanes = inFlight(64, peer, texts({ recv_id: "bob" }, random));
  await rateOf(lanes, milliseconds / 2);
  const rate = await rateOf(lanes, milliseconds);
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
      for (let frame = firstFrame(rest); frame; frame = firstFrame(rest)) {
        // The client masks with zeros.
        const answer = Buffer.from(answerTo(rest.toString("latin1", frame.start, frame.end), 1));
        rest = rest.subarray(frame.end);
        answers.push(Buffer.from([0x81, answer.length]), answer);
      }
      socket.write(Buffer.concat(answers));
    });
  });
  socket.on("error", () => socket.destroy());
}

/** The start and end of the payload of the masked frame that begins here, if it is complete. */
function firstFrame(data: Buffer): { start: number; end: number } | undefined {
  if (data.length < 4) return undefined;
  const short = (data[1] ?? 0) & 0x7f;
  const start = short < 126 ? 6 : 8;
  const end = start + (short < 126 ? short : data.readUInt16BE(2));
  return end <= data.length ? { start, end } : undefined;
}

if (!isMainThread) {
  const server = createServer(serve).listen(0, "127.0.0.1", () => {
    const address = server.address();
    parentPort?.postMessage(typeof address === "object" ? address?.port : 0);
  });
}
