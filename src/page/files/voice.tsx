import { useEffect, useRef, useState } from "preact/hooks";
import { useClient } from "../context.ts";
import { useWords } from "../i18n/index.ts";
import { IconButton } from "../ui/icon-button.tsx";
import type { AttachProps } from "./attach.tsx";
import { durationText } from "./sizes.ts";

/** In the order of preference: Chromium and Firefox record WebM, Safari MP4. */
const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
const MAX_SECONDS = 300;

/** Whether this browser can record a type that the server shows in place. */
const type = "MediaRecorder" in globalThis ? TYPES.find((one) => MediaRecorder.isTypeSupported(one)) : undefined;

interface Recording {
  readonly recorder: MediaRecorder;
  readonly parts: Blob[];
  readonly began: number;
}

/** Records a voice message. It is sent when the user says so, or after five minutes kept until then. */
export function Voice({ conversationId, onSent }: AttachProps) {
  const t = useWords();
  const client = useClient();
  const [recording, setRecording] = useState<Recording | null>(null);
  const [seconds, setSeconds] = useState(0);
  const [isRefused, setRefused] = useState(false);
  const current = useRef(recording);
  current.current = recording;
  useEffect(() => () => void stop(current.current), []);
  useEffect(() => {
    if (!recording) return;
    const timer = setInterval(() => {
      const passed = (Date.now() - recording.began) / 1_000;
      setSeconds(Math.min(passed, MAX_SECONDS));
      if (passed >= MAX_SECONDS && recording.recorder.state === "recording") recording.recorder.pause();
    }, 200);
    return () => clearInterval(timer);
  }, [recording]);

  async function begin(): Promise<void> {
    setRefused(false);
    setSeconds(0);
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      const recorder = new MediaRecorder(stream, type === undefined ? {} : { mimeType: type });
      const parts: Blob[] = [];
      recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
      recorder.start();
      setRecording({ recorder, parts, began: Date.now() });
    } catch {
      setRefused(true);
    }
  }
  async function send(): Promise<void> {
    if (!recording) return;
    setRecording(null);
    await stop(recording);
    const file = new Blob(recording.parts, { type: recording.recorder.mimeType });
    const fields = { audio_duration: Math.round(seconds) };
    onSent(client.sendFile(conversationId, file, { fields }).client_msg_id);
  }
  function cancel(): void {
    void stop(recording);
    setRecording(null);
  }
  if (type === undefined || !("mediaDevices" in navigator)) return null;
  if (!recording) {
    return (
      <>
        <IconButton icon="mic" label={t.record} onClick={() => void begin()} />
        {isRefused && (
          <p class="error" role="status">
            {t.noMicrophone}
          </p>
        )}
      </>
    );
  }
  return (
    <span class="recording">
      <span role="timer">{t.recording(durationText(seconds))}</span>
      <IconButton icon="close" label={t.cancelRecording} onClick={cancel} />
      <IconButton icon="check" label={t.sendRecording} onClick={() => void send()} />
    </span>
  );
}

/** Ends a recording and frees the microphone. */
async function stop(recording: Recording | null): Promise<void> {
  if (!recording) return;
  const { recorder } = recording;
  const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }));
  if (recorder.state !== "inactive") {
    recorder.stop();
    await stopped;
  }
  for (const track of recorder.stream.getTracks()) track.stop();
}
