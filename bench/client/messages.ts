/** Who a message goes to, and by whom. */
export interface Way {
  readonly from: string;
  readonly to: { readonly recv_id: string } | { readonly group_id: string };
}

const ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789 ";
const TEXT_BYTES = 100;

/** Makes bodies of POST /msg/send, each with a client_msg_id of its own and a text of 100 bytes. */
export function bodies({ to }: Way, random: () => number): () => string {
  const text = Array.from({ length: TEXT_BYTES }, () => ALPHABET[Math.floor(random() * ALPHABET.length)]).join("");
  const prefix = Math.floor(random() * 2 ** 48).toString(36);
  const sessionType = "group_id" in to ? 2 : 1;
  const head = JSON.stringify(to).slice(1, -1);
  const tail = `,${head},"session_type":${sessionType},"msg_type":1,"content":{"text":"${text}"}}`;
  let count = 0;
  return () => `{"client_msg_id":"${prefix}-${++count}"${tail}`;
}

/** Makes frames of the same. */
export function frames(way: Way, random: () => number): () => string {
  const next = bodies(way, random);
  const tail = `","operation_id":"bench","send_id":"${way.from}","data":`;
  let count = 0;
  return () => `{"req_identifier":1003,"msg_incr":"${++count}${tail}${next()}}`;
}
