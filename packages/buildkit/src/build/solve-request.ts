import type { BuildSpec } from '@dock/core';
import type { CacheEntry } from '@dock/core/internal';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { annotationAttributes } from './annotation-attributes.js';
import { type FrontendFacts, frontendAttributes } from './frontend-options.js';
import { imageInEngine, type SolveOutput } from './solve-output.js';
import { sourcePolicy } from '../pins/source-policy.js';
import type { SolveRequestSchema } from '../wire/control_pb.js';

/** What a request says beside the spec. */
export interface SolveFacts extends FrontendFacts {
  /** Names the build. */
  readonly ref: string;
  /** ID of the session that serves it. */
  readonly session: string;
  /** Name of the Dockerfile in the session's directory. */
  readonly dockerfileName: string;
  /** @default one image in the store of the engine */
  readonly outputs?: readonly SolveOutput[];
  /** Caches to write, as they are prepared. */
  readonly exports?: readonly CacheEntry[];
}

/** The request for a build by the Dockerfile frontend. */
export function solveRequest(spec: BuildSpec, facts: SolveFacts): MessageInitShape<typeof SolveRequestSchema> {
  const { outputs = [imageInEngine], exports = [], imports = [] } = facts;
  const exporters = outputs.map(({ type, attrs }) => ({
    type,
    attrs: { ...attrs, ...annotationAttributes(spec, type) },
  }));
  const [first] = exporters;
  const policy = sourcePolicy(spec);
  return {
    ref: facts.ref,
    session: facts.session,
    frontend: 'dockerfile.v0',
    frontendAttrs: { filename: facts.dockerfileName, ...frontendAttributes(spec, facts) },
    // Servers before BuildKit 0.13 read the first two, later ones the list.
    exporterDeprecated: first?.type ?? '',
    exporterAttrsDeprecated: first?.attrs ?? {},
    exporters,
    cache: { exports: exports.map(cacheMessage), imports: imports.map(cacheMessage) },
    ...(policy === undefined ? {} : { sourcePolicy: policy }),
    entitlements: [...new Set([...(spec.network === 'host' ? ['network.host'] : []), ...(spec.allow ?? [])])],
  };
}

function cacheMessage({ type, attributes }: CacheEntry) {
  return { type, attrs: { ...attributes } };
}
