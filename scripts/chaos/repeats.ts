import { Code, type Message } from "../../src/client/index.ts";
import type { Socket } from "../../test/helpers/node/socket.ts";
import type { Random } from "../../test/simulation/random.ts";
import { identityOf } from "./amending.ts";
import type { Checks } from "./checks.ts";
import { bodyOf, codeOf, isOpen, type Sending } from "./sending.ts";
import { type Making, shuffled, type World } from "./world.ts";

export type Repeated = { open: number; answered: number; groups: number };

/** The number of answered sends that are sent again. */
const samples = 20;
const send = 1003;

/**
 * Repeats what no SDK repeats: group creations and sends by the route that were not answered, and some answered sends,
 * each on two paths at once. Meanwhile the SDKs repeat their own messages.
 */
export async function repeat(world: World, random: Random, checks: Checks): Promise<Repeated> {
  const makings = world.makings.filter(({ answered }) => !answered);
  const open = world.sendings.filter((sending) => sending.by === "REST" && isOpen(sending));
  const answered = shuffled(world.sendings, random).filter(({ message, file }) => message && !file);
  const again = [...open, ...answered.slice(0, samples)];
  const sends = world.users.map(async (user) => {
    const socket = await user.person.socket();
    const theirs = again.filter(({ device }) => device.user === user);
    await Promise.all(theirs.map((sending) => sendAgain(sending, socket, checks)));
    await socket.close();
  });
  await Promise.all([...sends, ...makings.map((making) => makeAgain(world, making, checks))]);
  return { open: open.length, answered: again.length - open.length, groups: makings.length };
}

/**
 * Both the route and a socket must answer with the same message (with the first answer, if there was one), or refuse
 * alike.
 */
async function sendAgain(sending: Sending, socket: Socket, checks: Checks): Promise<void> {
  const { chat, device, client_msg_id, message } = sending;
  const [answer, frame] = await Promise.all([
    device.client.api.msg.send(bodyOf(sending)).catch(codeOf),
    socket.request<Brief | null>(send, bodyOf(sending)),
  ]);
  const what = `${chat.id}: ${device.user.id} sends ${client_msg_id} again`;
  if (typeof answer === "number") {
    // Only former members may be refused, and only for messages that were not stored.
    const isRight = answer === Code.NOT_A_MEMBER && chat.membership(device.user) !== "in" && !message;
    checks.that("once", isRight && frame.err_code === answer, () => `${what}: ${answer} by REST, ${frame.raw}`);
    sending.refused = answer;
    return;
  }
  sending.message ??= answer;
  // Its content is as it stands now.
  checks.same("once", identityOf(answer), identityOf(sending.message), `${what} by REST`);
  checks.same("once", frame.data && briefOf(frame.data), briefOf(answer), `${what} by a socket`);
}

type Brief = Pick<Message, "seq" | "server_msg_id" | "send_at">;

function briefOf({ seq, server_msg_id, send_at }: Brief): Brief {
  return { seq, server_msg_id, send_at };
}

/** Both concurrent calls must return the same group, also if the first attempt was stored. */
async function makeAgain(world: World, making: Making, checks: Checks): Promise<void> {
  const { owner, body } = making;
  const groups = await Promise.all([1, 2].map(() => owner.api.group.create(body)));
  const [first, second] = groups.map(({ id }) => id);
  checks.same("groups", second, first, `the id of "${body.name}"`);
  making.answered = true;
  if (first !== undefined) world.made(first, making);
}
