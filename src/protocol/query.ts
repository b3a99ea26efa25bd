import * as z from "zod";
import { optional } from "./text.ts";

/** Numbers of requests: in a query string, where all values are text, and the limits of lists. */

/** "" counts as absent: the original's clients send it. */
export const orAbsent = (text: string) => text || undefined;

const integerText = z.string().regex(/^-?\d{1,16}$/, "must be an integer");

/** An integer in a query string. */
export function queryInteger(min: number) {
  return integerText.transform(Number).pipe(z.int().min(min));
}

/** An optional integer in a query string. `name=` counts as absent: the original's clients send it. */
export function optionalQueryInteger(min: number) {
  return z.string().transform(orAbsent).pipe(queryInteger(min).optional()).optional();
}

/** The number of items to return. 0 counts as absent, and the route then uses its default. */
export const queryLimit = optionalQueryInteger(0).transform((limit) => limit || undefined);
/** The same in a frame. */
export const limit = optional(z.int().min(0)).transform((given) => given || undefined);
