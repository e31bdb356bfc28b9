import type { MessageInitShape } from '@bufbuild/protobuf';
import { type BaseImage, type BuildSpec, formatImageReference, type ImageReference, withDefaultTag } from '@dock/core';
import type { PolicySchema } from '../wire/control_pb.js';

/** A base that the builder is told to take under another name, and that name. */
interface PolicyPin {
  readonly base: BaseImage;
  readonly from: ImageReference;
  readonly to: ImageReference;
}

/** BuildKit's number (moby/buildkit, `sourcepolicy/pb`); a selector is a pattern then, and one that is exact converts nothing in BuildKit 0.13. */
const convert = 2;

/** The bases of a spec that no line of the Dockerfile names as they shall be taken. */
export function policyPins({ bases }: Pick<BuildSpec, 'bases'>): readonly PolicyPin[] {
  return bases.flatMap((base) => {
    const { pinnedBy, digest, reference, takenFrom = reference } = base;
    if (pinnedBy !== 'policy' || digest === undefined) return [];
    const { registry, repository } = takenFrom;
    return [{ base, from: withDefaultTag(reference), to: { registry, repository, digest } }];
  });
}

/** What the builder is told of them: a name in the build is another, by digest. BuildKit knows it from 0.11 on; before it passes it over. */
export function sourcePolicy(spec: Pick<BuildSpec, 'bases'>): MessageInitShape<typeof PolicySchema> | undefined {
  const rules = policyPins(spec).map(({ from, to }) => ({
    action: convert,
    selector: { identifier: identifier(from) },
    updates: { identifier: identifier(to) },
  }));
  return rules.length === 0 ? undefined : { version: 1n, rules };
}

function identifier(reference: ImageReference): string {
  return `docker-image://${formatImageReference(reference)}`;
}
