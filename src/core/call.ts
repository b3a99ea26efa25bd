/**
 * A named call that an object answers for the Worker and for other objects. A feature declares and handles its calls
 * in its own folder, so that the object's class does not have to know them. Inputs and outputs only ever grow:
 * two releases talk to each other while a deploy rolls out.
 */
export interface Call<Input, Output> {
  readonly name: string;
  /** Used by the compiler only. */
  readonly types?: (input: Input) => Output;
}

/** Declares a call. @param name unique within its object, as `feature.verb` */
export function declareCall<Input, Output>(name: string): Call<Input, Output> {
  return { name };
}

/** A change of a conversation by one of its users. It is answered by OperateReply. */
export type Operation<Input> = Call<Input, void>;
