import * as z from "zod";

/** A JSON Schema, or any other part of a document. */
export type Json = { [key: string]: unknown };

/** A schema, and the JSON Schema that is generated from it. */
interface Described {
  readonly zodSchema: z.core.$ZodTypes;
  readonly jsonSchema: z.core.JSONSchema.BaseSchema;
}

const REFERENCE = "#/components/schemas/";

/** Turns the protocol's schemas into JSON Schemas, and collects those that have a name. */
export class Schemas {
  readonly #components = new Map<string, Json>();

  /** What a client sends. */
  input(schema: z.ZodType): Json {
    return this.#convert(schema, "input");
  }

  /** What the server sends. */
  output(schema: z.ZodType): Json {
    return this.#convert(schema, "output");
  }

  /**
   * The fields of a query string, or of a path. The server parses numbers from text; the document shows them as
   * numbers.
   */
  parameters(schema: z.ZodType, place: "query" | "path"): Json[] {
    const described = this.input(schema);
    const required = new Set(Array.isArray(described.required) ? described.required : []);
    return Object.entries(fieldsOf(schema)).map(([name, field]) => ({
      name,
      in: place,
      required: required.has(name),
      schema: this.input(numberIn(field) ?? field),
    }));
  }

  /** The named schemas found so far, by name. */
  get components(): Json {
    return Object.fromEntries([...this.#components].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #convert(schema: z.ZodType, io: "input" | "output"): Json {
    // Inside another schema a named schema is a reference.
    const { properties, $defs = {} } = z.toJSONSchema(z.object({ schema }), {
      io,
      unrepresentable: "any",
      override: describe,
    });
    for (const [name, definition] of Object.entries($defs)) {
      const component = referring(definition);
      const known = this.#components.get(name);
      if (known && JSON.stringify(known) !== JSON.stringify(component)) throw new Error(`two schemas named ${name}`);
      this.#components.set(name, component);
    }
    return referring(properties?.schema ?? {});
  }
}

/** The fields of an object's schema, even if it is transformed. */
export function fieldsOf(schema: z.ZodType): Readonly<Record<string, z.ZodType>> {
  if (schema instanceof z.ZodObject) return schema.shape;
  if (schema instanceof z.ZodPipe && schema.in instanceof z.ZodType) return fieldsOf(schema.in);
  return {};
}

/** The number that a text of a query string is parsed into, if any. */
function numberIn(schema: unknown): z.ZodNumber | undefined {
  if (schema instanceof z.ZodNumber) return schema;
  if (schema instanceof z.ZodOptional) return numberIn(schema.unwrap());
  if (schema instanceof z.ZodPipe) return numberIn(schema.out) ?? numberIn(schema.in);
  return undefined;
}

/** The schema of an optional text that is present. */
function textIn(schema: unknown): z.ZodString | z.ZodEnum | undefined {
  if (schema instanceof z.ZodString || schema instanceof z.ZodEnum) return schema;
  return schema instanceof z.ZodOptional ? textIn(schema.unwrap()) : undefined;
}

function described(schema: z.ZodType | undefined): Json {
  if (!schema) return {};
  const { $schema: _, ...json } = z.toJSONSchema(schema, { override: describe });
  return json;
}

/**
 * Describes what zod cannot convert: hand-written checks by their messages, and objects that are accepted unchanged.
 */
function describe({ zodSchema: schema, jsonSchema: json }: Described): void {
  const said = (schema._zod.def.checks ?? []).flatMap((check) => {
    const { def } = check._zod;
    return def.check === "custom" ? [words(def.error)] : [];
  });
  if (schema._zod.def.type === "custom") said.push(words(schema._zod.def.error));
  const checks = said.filter((text) => text.startsWith("must "));
  if (checks.length > 0) json.description ??= checks.join("; ");
  if (schema._zod.def.type === "custom" && z.safeParse(schema, {}).success) json.type = "object";
  // That "" counts as absent does not describe the text when it is present.
  if (schema instanceof z.ZodPipe && json.type === "string") Object.assign(json, described(textIn(schema.out)));
  // A client must accept fields that a later server adds.
  if (json.additionalProperties === false) delete json.additionalProperties;
  // Every property name is a text.
  if (JSON.stringify(json.propertyNames) === '{"type":"string"}') delete json.propertyNames;
  if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum;
  if (json.minimum === Number.MIN_SAFE_INTEGER) delete json.minimum;
}

/** The message of a failed check. */
function words(error: unknown): string {
  const message: unknown = typeof error === "function" ? error({}) : "";
  return typeof message === "string" ? message : "";
}

/** The same with references to components, and without nested choices. */
function referring(schema: unknown): Json {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', `"${REFERENCE}`), (key, value: unknown) =>
    key === "anyOf" && Array.isArray(value) ? value.flatMap(choices) : value,
  );
}

function choices(choice: object): unknown[] {
  const [key, ...others] = Object.keys(choice);
  return key === "anyOf" && others.length === 0 && "anyOf" in choice && Array.isArray(choice.anyOf)
    ? choice.anyOf
    : [choice];
}
