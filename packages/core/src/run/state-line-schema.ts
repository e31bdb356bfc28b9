import type { StateLine } from '../contracts/state-line.js';
import { builtImage, publishedImage } from '../hooks/value-schemas.js';
import * as z from '../schema.js';

const text = z.string();
const number = z.number().int().nonnegative();

const schema = z.union([
  z.strictObject({
    note: number,
    what: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('container'), id: text }),
      z.strictObject({ kind: z.literal('lent-name'), name: text, image: text, previous: text.optional() }),
      z.strictObject({ kind: z.literal('own-name'), name: text }),
      z.strictObject({ kind: z.literal('loaded-image'), image: text, names: z.array(text) }),
      z.strictObject({ kind: z.literal('directory'), prefix: text }),
    ]),
  }),
  z.strictObject({ done: number }),
  z.strictObject({ engine: text }),
  z.strictObject({
    facts: z.strictObject({
      image: builtImage.optional(),
      names: z.array(text).optional(),
      published: z.array(publishedImage).optional(),
      logFile: text.optional(),
    }),
  }),
]);

/** One line of the state of a run that another process wrote, or `undefined` when it is none. */
export function readStateLine(value: unknown): StateLine | undefined {
  const { success, data } = schema.safeParse(value);
  return success ? (data as StateLine) : undefined;
}
