/** The position of the id in `{"req_identifier":1003,"msg_incr":"7",…`, as the SDK sends it. */
const ID_AT = 35;

/** An answer that the SDK accepts. The frame is not parsed: only its id is cut out. */
export function answerTo(frame: string, seq: number): string {
  const id = frame.slice(ID_AT, frame.indexOf('"', ID_AT));
  return `{"req_identifier":1003,"msg_incr":"${id}","err_code":0,"data":{"server_msg_id":${seq},"seq":${seq},"send_at":0}}`;
}

/** A push of one message. */
export function push(seq: number, text: string): string {
  return `{"req_identifier":2001,"msg_incr":"","err_code":0,"data":{"msgs":{"room":[{"seq":${seq},"frame":${text}}]},"prev":0,"cursor":0}}`;
}

/** The answer to a route. */
export function envelope(data: string): Response {
  return new Response(`{"code":0,"msg":"","data":${data}}`, { headers: { "Content-Type": "application/json" } });
}
