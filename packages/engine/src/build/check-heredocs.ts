import { frontendTooOld, heredocsOf } from '@dock/buildkit';
import {
  type BuildSpec,
  frontendOf,
  isDockError,
  parseDockerfile,
  type ParseDockerfileOptions,
  type ResolvedBase,
  resolveBases,
} from '@dock/core';
import { type EnginePing, minor } from '../transport/connection.js';
import type { Builder } from './choose-builder.js';

/** The API version of the first engine (23.0) whose builders read here-documents by themselves. */
const firstWithHeredocs = '1.42';

/**
 * Refuse a Dockerfile whose here-documents the builder would take for something else without a word. The classic builder of Engines 23 and later reads them and
 * drops them (measured on Engine 26.1: `RUN <<EOF` runs nothing). To the builders of Engine 20.10 `<<` is just text, and says so only where what follows is no
 * instruction.
 *
 * @throws FRONTEND_TOO_OLD
 */
export function checkHeredocs(spec: BuildSpec, builder: Builder, { apiVersion, isPodman }: EnginePing): void {
  // Podman's builder knows them.
  if (isPodman) return;
  const { text } = spec.dockerfile;
  const isFetched = builder === 'buildkit' && frontendOf(text, spec.buildArgs).image !== undefined;
  if (minor(apiVersion) < minor(firstWithHeredocs)) {
    if (!isFetched) refuseImagesInHeredocs(spec);
    return;
  }
  const line = builder === 'classic' ? heredocsOf(text)[0]?.startLine : undefined;
  if (line !== undefined)
    throw frontendTooOld(`the classic builder has no here-documents, and line ${line} begins one`, { line });
}

/** An image that only this builder sees is one that nothing has looked at: neither the rules about bases nor who gives credentials. */
function refuseImagesInHeredocs({ dockerfile: { text }, buildArgs, builder }: BuildSpec): void {
  if (heredocsOf(text).length === 0) return;
  const known = new Set(imagesOf(text, { buildArgs, builder }).map(({ line }) => line));
  for (const { line, text: image } of imagesOf(text, { buildArgs, builder, hasHeredocs: false })) {
    if (known.has(line)) continue;
    const why = `to this builder line ${line} names the image "${image}", and to newer ones it is text of a here-document`;
    throw frontendTooOld(why, { line });
  }
}

function imagesOf(text: string, options: ParseDockerfileOptions): readonly ResolvedBase[] {
  try {
    return resolveBases(parseDockerfile(text, options), options).bases;
  } catch (error) {
    // The builder refuses it too.
    if (isDockError(error)) return [];
    throw error;
  }
}
