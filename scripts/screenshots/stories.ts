import { createHash } from "node:crypto";
import {
  type Api,
  createApi,
  groupConversationId,
  MessageType,
  Platform,
  Role,
  SessionType,
  singleConversationId,
} from "../../src/client/index.ts";

/** The content of the pictures: the users, and their messages. */
export interface Story {
  readonly people: Readonly<Record<string, string>>;
  /** The user of the page. */
  readonly me: string;
  readonly group: { readonly name: string; readonly lines: readonly (readonly [who: string, text: string])[] };
  /** Single chats: the peer, and each message with its sender. */
  readonly chats: readonly (readonly [peer: string, who: string, text: string])[];
  /** How far the user's messages have been read, and which chat is open. */
  readonly open: string;
  readonly last: string;
}

export const stories = {
  en: {
    people: { ann: "Ann Lindqvist", ben: "Ben Okafor", cleo: "Cleo Marsh", dana: "Dana Haddad", li: "李小雨" },
    me: "ann",
    group: {
      name: "Sunday hike",
      lines: [
        ["ben", "Morning! The weather looks good for the ridge path."],
        ["cleo", "I am in. Shall we take the 8:40 train?"],
        ["ann", "8:40 is fine. I bring coffee for everyone ☕️"],
        ["ben", "Then I bring the map, and something sweet."],
        ["ben", "Here is the route: https://trails.example/ridge"],
        ["li", "我也来！带上相机 📷"],
        ["dana", "أنا أيضا، إلى اللقاء صباح الأحد"],
        ["ann", "Lovely. See you all on platform 2."],
        ["cleo", "🎉"],
      ],
    },
    chats: [
      ["dana", "dana", "The slides are done, have a look when you can."],
      ["dana", "dana", "No hurry!"],
      ["li", "ann", "Did you find the address?"],
      ["li", "li", "Yes, thank you 🙏"],
      ["cleo", "ann", "Dinner on Friday?"],
      ["cleo", "cleo", "With pleasure. Seven o’clock?"],
      ["ben", "ben", "Did you get home well?"],
      ["ben", "ann", "Yes, just now. Thanks for the lift!"],
    ],
    open: "Sunday hike",
    last: "🎉",
  },
  zh: {
    people: { lin: "林若溪", chen: "陈子墨", zhao: "赵一鸣", wu: "吴桐", xu: "Sofia Xu" },
    me: "lin",
    group: {
      name: "周末爬山",
      lines: [
        ["chen", "早上好！周日天气不错，适合走山脊线。"],
        ["zhao", "算我一个，坐 8:40 的车？"],
        ["lin", "8:40 可以，我给大家带咖啡 ☕️"],
        ["chen", "那我带地图和点心。"],
        ["chen", "路线在这里：https://trails.example/ridge"],
        ["xu", "Count me in, I bring my camera 📷"],
        ["lin", "太好了，二号站台见。"],
        ["wu", "🎉"],
      ],
    },
    chats: [
      ["xu", "xu", "Slides are done, 有空看一下"],
      ["xu", "xu", "不着急！"],
      ["wu", "lin", "地址找到了吗？"],
      ["wu", "wu", "找到了，谢谢 🙏"],
      ["zhao", "lin", "周五一起吃饭？"],
      ["zhao", "zhao", "好啊，七点怎么样？"],
      ["chen", "chen", "到家了吗？"],
      ["chen", "lin", "刚到，谢谢你送我！"],
    ],
    open: "周末爬山",
    last: "🎉",
  },
} satisfies Record<string, Story>;

interface Account {
  readonly id: string;
  readonly password: string;
}

export interface Cast {
  readonly me: Account;
  /** The users shown as online. */
  readonly friends: readonly Account[];
}

/** Plays a story on a server. */
export async function tell(url: string, story: Story): Promise<Cast> {
  const { auth } = createApi({ url });
  const apis = new Map<string, Api>();
  for (const [id, nickname] of Object.entries(story.people)) {
    const password = passwordOf(id);
    await auth.register({ user_id: id, nickname, password });
    const { token } = await auth.login({ user_id: id, password, platform_id: Platform.MACOS });
    apis.set(id, createApi({ url, token }));
  }
  const as = (who: string): Api => {
    const api = apis.get(who);
    if (!api) throw new Error(`${who} is not in the story`);
    return api;
  };
  let sent = 0;
  const say = (who: string, to: { recv_id: string } | { group_id: string }, text: string) =>
    as(who).msg.send({
      ...to,
      client_msg_id: `m${++sent}`,
      session_type: "recv_id" in to ? SessionType.SINGLE : SessionType.GROUP,
      msg_type: MessageType.TEXT,
      content: { text },
    });

  const { me } = story;
  for (const [peer, who, text] of story.chats) await say(who, { recv_id: who === me ? peer : me }, text);
  const others = Object.keys(story.people).filter((id) => id !== me);
  const mine = as(me);
  const group = await mine.group.create({ name: story.group.name, member_ids: others });
  const [first = ""] = others;
  await mine.group.setRole({ group_id: group.id, user_id: first, role_level: Role.ADMIN });
  for (const [who, text] of story.group.lines) await say(who, { group_id: group.id }, text);
  // All messages are read, except the last one in the first single chat.
  const unread = story.chats[0]?.[0];
  for (const peer of new Set(story.chats.map(([each]) => each))) {
    const chat = singleConversationId(me, peer);
    if (peer !== unread) await mine.conversation.markRead(chat, 100);
    await as(peer).conversation.markRead(chat, 100);
  }
  await mine.conversation.markRead(groupConversationId(group.id), 100);
  const account = (id: string) => ({ id, password: passwordOf(id) });
  return { me: account(me), friends: others.slice(0, 2).map(account) };
}

function passwordOf(id: string): string {
  return createHash("sha256").update(id).digest("hex").slice(0, 16);
}
