import * as z from '../schema.js';
import { optionSchemas, optionShape, rowSchemas } from '../options/option-schemas.js';
import { optionTable } from '../options/option-table.js';
import type { KeyRow } from '../options/option-row.js';
import { sourceSchema } from './source-schema.js';
import type { DockConfig } from './define-config.js';

/** The keys that a config has beside the options of a build. */
const ownKeys = {
  source: {
    sentence:
      'Directory (relative to the config file), git URL, or URL of an archive. Default: the directory of the config file.',
    shape: "source: 'app' or { kind: 'git', url: 'https://git.example.com/team/app.git' }",
    schema: sourceSchema,
  },
  image: {
    sentence: 'Name or names for the image.',
    shape: "image: 'registry.example.com/team/hello:1.0'",
    schema: () => z.union([z.string().min(1), z.array(z.string().min(1))]),
  },
  runner: {
    sentence: 'Where the pipeline runs. Default: here().',
    shape: 'runner: hostDocker({ buildImage })',
    schema: () =>
      z.looseObject({
        name: z.string(),
        run: z.custom((value) => typeof value === 'function', 'expected a runner, such as here()'),
      }),
  },
  plugins: {
    sentence: 'Plugins in order. Default: pullBase(), tag names from `image`, inspect().',
    shape: 'plugins: [pullBase(), push()]',
    schema: () => z.array(z.unknown()),
  },
} satisfies Record<Exclude<keyof DockConfig, keyof typeof optionTable>, KeyRow<unknown>>;

/** Every key of `dock.config.ts`, in the order of `docs/reference/config.md`, with what it means. */
export const configKeys: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({ ...ownKeys, ...optionTable }).map(([key, { sentence }]) => [key, sentence]),
);

/** What a config must be. */
export const configSchema = z.strictObject({ ...rowSchemas(z, ownKeys), ...optionSchemas(z) });

/** The right form of a key, as code. */
export function configShape(key: PropertyKey): string | undefined {
  return Object.hasOwn(ownKeys, key) ? ownKeys[key as keyof typeof ownKeys].shape : optionShape(key);
}
