import { Conversation } from "../../../src/conversation/conversation.ts";
import type { Call } from "../../../src/core/call.ts";
import { Inbox } from "../../../src/inbox/inbox.ts";

type Answer = () => Promise<unknown>;

/**
 * Puts a test between a call of a feature and its work, in all objects of a class. Holds for a test file.
 * @param around is given the input and how to go on; what it gives is what the caller is answered
 */
export function aroundCall<Input, Output>(
  of: "inboxes" | "conversations",
  call: Call<Input, Output>,
  around: (input: Input, answer: Answer) => Promise<unknown>,
): void {
  const { prototype } = of === "inboxes" ? Inbox : Conversation;
  const original = prototype.call;
  Object.assign(prototype, {
    call(this: Inbox & Conversation, name: string, input: unknown) {
      const answer = () => original.call(this as never, name, input);
      return name === call.name ? around(input as Input, answer) : answer();
    },
  });
}

/** What a call of a feature is asked from now on, in all objects of a class. */
export function inputsOf<Input, Output>(of: "inboxes" | "conversations", call: Call<Input, Output>): Input[] {
  const inputs: Input[] = [];
  aroundCall(of, call, (input, answer) => {
    inputs.push(input);
    return answer();
  });
  return inputs;
}
