import type { BuildSpec } from '@dock/core';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { type FrontendFacts, frontendAttributes } from './frontend-options.js';
import type { SolveRequestSchema } from '../wire/control_pb.js';

/** What a request says beside the spec. */
export interface SolveFacts extends FrontendFacts {
  /** Names the build. */
  readonly ref: string;
  /** ID of the session that serves it. */
  readonly session: string;
  /** Name of the Dockerfile in the session's directory. */
  readonly dockerfileName: string;
}

/** A build argument by which users ask for cache information in the image. */
const inlineCacheArg = 'BUILDKIT_INLINE_CACHE';

/**
 * The request for a build by the Dockerfile frontend, with the result in the store of the engine. There is no name: an image gets its names
 * when the gates are passed.
 */
export function solveRequest(spec: BuildSpec, facts: SolveFacts): MessageInitShape<typeof SolveRequestSchema> {
  const exporter = { type: 'moby', attrs: {} };
  return {
    ref: facts.ref,
    session: facts.session,
    frontend: 'dockerfile.v0',
    frontendAttrs: { filename: facts.dockerfileName, ...frontendAttributes(spec, facts) },
    // Servers before BuildKit 0.13 read the first two, later ones the list.
    exporterDeprecated: exporter.type,
    exporterAttrsDeprecated: exporter.attrs,
    exporters: [exporter],
    cache: { exports: isTrue(spec.buildArgs[inlineCacheArg]) ? [{ type: 'inline', attrs: {} }] : [] },
    entitlements: spec.network === 'host' ? ['network.host'] : [],
  };
}

/** As Go reads a boolean. */
function isTrue(value: string | undefined): boolean {
  return value !== undefined && ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(value);
}
