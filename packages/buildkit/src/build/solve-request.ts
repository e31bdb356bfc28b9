import type { BuildSpec } from '@dock/core';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { type FrontendFacts, frontendAttributes } from './frontend-options.js';
import { imageInEngine, type SolveOutput } from './solve-output.js';
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
}

/** A build argument by which users ask for cache information in the image. */
const inlineCacheArg = 'BUILDKIT_INLINE_CACHE';

/** The request for a build by the Dockerfile frontend. */
export function solveRequest(spec: BuildSpec, facts: SolveFacts): MessageInitShape<typeof SolveRequestSchema> {
  const { outputs = [imageInEngine] } = facts;
  const exporters = outputs.map(({ type, attrs }) => ({ type, attrs: { ...attrs } }));
  const [first] = exporters;
  return {
    ref: facts.ref,
    session: facts.session,
    frontend: 'dockerfile.v0',
    frontendAttrs: { filename: facts.dockerfileName, ...frontendAttributes(spec, facts) },
    // Servers before BuildKit 0.13 read the first two, later ones the list.
    exporterDeprecated: first?.type ?? '',
    exporterAttrsDeprecated: first?.attrs ?? {},
    exporters,
    cache: { exports: isTrue(spec.buildArgs[inlineCacheArg]) ? [{ type: 'inline', attrs: {} }] : [] },
    entitlements: spec.network === 'host' ? ['network.host'] : [],
  };
}

/** As Go reads a boolean. */
function isTrue(value: string | undefined): boolean {
  return value !== undefined && ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(value);
}
