import type { InboxContext, InboxFeature, InboxFrameHandlers } from "../../core/inbox.ts";
import { Cost } from "../../core/rates/costs.ts";
import { handleRequest } from "../../core/rpc.ts";
import { Request } from "../../protocol/frames.ts";
import { listEveryMessage, registerDevice, setEveryMessage, unregisterDevice } from "./calls.ts";
import { channelsOf } from "./channels.ts";
import { Devices } from "./devices.ts";
import { EveryMessage } from "./every-message.ts";
import { Notifier } from "./notifier.ts";
import { Composer } from "./payloads.ts";
import { Sender } from "./sender.ts";
import { PushStore } from "./store.ts";

type Frames = Pick<InboxFrameHandlers, typeof Request.BACKGROUND>;

/** Push notifications to the user's devices. */
export function push(context: InboxContext) {
  const { sockets, userId, metrics } = context;
  const store = new PushStore(context.store);
  const devices = new Devices(context.logins, store);
  const composer = new Composer(context);
  const sender = new Sender({ userId, devices, metrics, channels: channelsOf(context.env) });
  const every = new EveryMessage(context, store, devices);
  const notifier = new Notifier({ ...context, store, devices, every, composer, sender });
  const frames: Frames = {
    [Request.BACKGROUND]: ({ background }, socket) => {
      const state = sockets.state(socket);
      if (!state) return {};
      sockets.update(socket, { ...state, background });
      if (background) notifier.attentionChanged();
      return {};
    },
  };
  return {
    requests: [
      handleRequest(registerDevice, Cost.WRITES, async ({ device, site }, { login_id }) => {
        const isFirst = devices.isEmpty;
        const device_id = devices.put(login_id, device, site);
        if (isFirst) await every.deviceAdded();
        return { device_id };
      }),
      handleRequest(listEveryMessage, Cost.OWN, () => every.all()),
      handleRequest(setEveryMessage, Cost.ASKS, async ({ conversation_id: id, every_message: isWanted }) => {
        await every.set(id, isWanted);
      }),
      handleRequest(unregisterDevice, Cost.OWN, ({ device_id }, { login_id }) => devices.remove(login_id, device_id)),
    ],
    frames,
    attends: (conversationId) => every.attends(conversationId),
    listChanged: (before, entry, lines, beside) => notifier.listChanged({ before, entry, lines, beside }),
    socketsChanged: () => notifier.attentionChanged(),
    exported: () =>
      devices.live().map(({ device_id, kind, platform_id, privacy, lang }) => {
        const device = { device_id, kind, platform_id, privacy, lang };
        return { type: "device", device };
      }),
    alarm: () => notifier.alarm(),
  } satisfies InboxFeature;
}
