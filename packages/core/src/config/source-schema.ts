import * as z from '../schema.js';

/** What `source` of a config may be: a directory or URL, or a request for one with everything it can say. */
export function sourceSchema() {
  const limit = z.number().int().positive().optional();
  return z.union([
    z.string().min(1),
    z.discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('git'),
        url: z.string().min(1),
        ref: z.string().optional(),
        depth: limit,
        submodules: z.union([z.boolean(), z.strictObject({ count: limit, depth: limit, bytes: limit })]).optional(),
        keepGitDir: z.boolean().optional(),
        describe: z.boolean().optional(),
        lfs: z.boolean().optional(),
        gitCredentials: z.enum(['helper', 'netrc']).optional(),
        allowedSchemes: z.array(z.string()).optional(),
        subdir: z.string().optional(),
      }),
      z.strictObject({ kind: z.literal('path'), path: z.string().min(1) }),
      z.strictObject({ kind: z.literal('empty') }),
      z.strictObject({ kind: z.literal('archive'), url: z.string().min(1) }),
      z.strictObject({ kind: z.literal('archive-file'), file: z.string().min(1) }),
    ]),
  ]);
}
