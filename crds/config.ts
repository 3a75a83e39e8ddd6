import { z } from "zod";
import { rules } from "../operator/schema.ts";
import { dataKey, labelName, labelValue, objectName } from "./names.ts";

/** Names that oslo.config reads back as they were written: no line break, no comment, no separator of name and value. */
const sectionName = /^[A-Za-z0-9][A-Za-z0-9_.:-]*$/;
const optionName = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;
const oneLine = /^[^\n\r]*$/;

/** The pattern's twin for the names in a map, which a schema cannot describe. */
export const everyNameIs = (pattern: RegExp, message: string, longest = 128): Record<string, unknown> =>
  rules({ rule: `self.all(name, name.size() <= ${longest} && name.matches('${pattern.source}'))`, message });

/** Labels by which nodes are chosen; `message` is what a user reads who names one wrongly. */
export const labelsOfNodes = (message: string) =>
  z
    .record(z.string().max(253).regex(labelName), z.string().max(63).regex(labelValue))
    .meta({ maxProperties: 32, ...everyNameIs(labelName, message, 253) });

/** Text, or a whole number as YAML has it without quotes. */
export const textOrNumber = (pattern: RegExp, longest: number): z.ZodUnion<readonly [z.ZodInt, z.ZodString]> =>
  z.union([z.int(), z.string().max(longest).regex(pattern)]).meta({ pattern: pattern.source, maxLength: longest });

const option = z
  .object({
    value: textOrNumber(oneLine, 4096)
      .exactOptional()
      .describe('The value: text of one line, or a whole number. Booleans are in quotes: "true".'),
    values: z
      .array(z.string().max(1024).regex(oneLine))
      .max(64)
      .exactOptional()
      .describe("For an option that is given several times, a line each. An empty list takes out what Nephos sets."),
    valueFrom: z
      .object({
        secretKeyRef: z
          .object({
            name: z.string().max(253).regex(objectName).describe("Name of the Secret."),
            key: z.string().max(253).regex(dataKey).describe("Key in the Secret."),
          })
          .describe("A Secret of the Cloud's namespace and the key with the value, one line of text."),
      })
      .exactOptional()
      .describe("Where the value is, for what must not stand here. When it changes, pods are replaced one by one."),
  })
  .meta(
    rules({
      rule: "(has(self.value) ? 1 : 0) + (has(self.values) ? 1 : 0) + (has(self.valueFrom) ? 1 : 0) == 1",
      message: "an option has exactly one of value, values and valueFrom",
    }),
  );

/** What a user sets in the configuration files of OpenStack services: section, option, value. */
export const userConfig = z
  .record(
    z.string().max(128).regex(sectionName),
    z.record(z.string().max(128).regex(optionName), option).meta({
      maxProperties: 64,
      ...everyNameIs(optionName, "the name of an option has letters, digits and _ . - and at most 128 characters"),
    }),
  )
  .meta({
    maxProperties: 64,
    ...everyNameIs(sectionName, "the name of a section has letters, digits and _ . : - and at most 128 characters"),
  });

/** Section, option, and the option's value or where it is. */
export type UserConfig = z.output<typeof userConfig>;
/** One option as a user sets it. */
export type UserOption = z.output<typeof option>;
