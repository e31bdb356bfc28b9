import type { CredentialSource } from '@dock/registry';
import type { BuilderDoor } from '../control/builder-door.js';
import type { SolveOutput } from './solve-output.js';

/** What a builder is trusted with: all credentials, tokens for one registry at a time, or nothing. */
export type BuilderAccess = 'credentials' | 'tokens' | 'nothing';

/** What a build by BuildKit needs beside its spec. */
export interface SolveEnvironment {
  /** The ways to the builder. */
  readonly door: BuilderDoor;
  readonly source: CredentialSource;
  /** Where secrets that name a variable have their values. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Tells the contexts of one machine from another's. */
  readonly machine: string;
  /** How the image is made, where the outputs of the spec have one. @default one in the store of the engine */
  readonly outputs?: readonly SolveOutput[];
  /** @default 'credentials' */
  readonly access?: BuilderAccess;
  /** Asks the engine for its address as seen by containers; a builder that knows it is asked first. */
  readonly hostGateway?: (signal: AbortSignal | undefined) => Promise<string | undefined>;
}
