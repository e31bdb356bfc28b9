import type { BuildSpec } from '@dock/core';
import { annotationsOf } from '@dock/core/internal';

/** Exporters that make manifests. */
const imageExporters: ReadonlySet<string> = new Set(['moby', 'image', 'oci', 'docker']);

/** How an exporter is told of annotations (moby/buildkit, `exporter/containerimage/exptypes`, `AnnotationKey`). */
export function annotationAttributes(
  { annotations }: Pick<BuildSpec, 'annotations'>,
  exporter: string,
): Readonly<Record<string, string>> {
  if (!imageExporters.has(exporter)) return {};
  return Object.fromEntries(
    annotationsOf(annotations).map(({ type, platform, key, value }) => {
      const place = type === undefined ? '' : `-${type}`;
      return [`annotation${place}${platform === undefined ? '' : `[${platform}]`}.${key}`, value];
    }),
  );
}
