import type { BuildRequest } from '../contracts/build-request.js';
import type { SourceRequest } from '../contracts/checkout.js';
import type { KnownKeys } from '../contracts/known-keys.js';
import type { DockPlugin } from '../contracts/plugin.js';
import type { DockRunner } from '../contracts/runner.js';

/** What `dock.config.ts` exports. Flags of the command line win over it. */
export interface DockConfig extends Omit<BuildRequest, 'source' | 'tags' | 'hasTemplates'> {
  /** Directory (relative to the config file), git URL, or URL of an archive. @default the directory of the config file */
  readonly source?: string | SourceRequest;
  /** Names for the image. */
  readonly image?: string | readonly string[];
  /** Where the pipeline runs. @default here() */
  readonly runner?: DockRunner;
  /** In order. @default pullBase(), tag names from `image`, inspect() */
  readonly plugins?: readonly DockPlugin[];
}

/** What a config function gets. */
export interface ConfigContext {
  /** The directory of the config file, absolute. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A config, or a function that makes one. */
export type ConfigExport = DockConfig | ((context: ConfigContext) => DockConfig | Promise<DockConfig>);

type ConfigOf<Given> = Given extends (...args: never[]) => infer Made ? Made : Given;

/** Gives `dock.config.ts` its types; returns what it is given. A key that a config does not have is refused by the compiler already. */
export function defineConfig<Given extends ConfigExport>(
  config: Given & KnownKeys<ConfigOf<Given>, DockConfig>,
): Given {
  return config;
}
