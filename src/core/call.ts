/**
 * What an object answers, by name, for the Worker and for other objects. A feature declares its calls in its own folder
 * and handles them there, so that the class of an object does not have to know them. Inputs and outputs only ever grow:
 * two releases talk to each other while a deploy rolls out.
 */
export interface Call<Input, Output> {
  readonly name: string;
  /** For the compiler alone. */
  readonly types?: (input: Input) => Output;
}

/** Declares a call. @param name unique within its object, as `feature.verb` */
export function declareCall<Input, Output>(name: string): Call<Input, Output> {
  return { name };
}

/** A change of a conversation by one of its users. It is answered by OperateReply. */
export type Operation<Input> = Call<Input, void>;
