import { type BuildSpec, DockError, frontendOf } from '@dock/core';

/**
 * The frontend of a build that must not see secrets: one that is not Docker's own, unless the spec trusts it. The directive counts even
 * where `BUILDKIT_SYNTAX` names another frontend, because older engines take no notice of that argument.
 */
export function untrustedFrontend({ dockerfile, buildArgs, trustFrontend }: BuildSpec): string | undefined {
  if (trustFrontend === true) return undefined;
  const asked = [frontendOf(dockerfile.text, buildArgs), frontendOf(dockerfile.text, {})];
  const unknown = asked.find(({ isKnown }) => !isKnown);
  return unknown === undefined ? undefined : (unknown.image ?? '');
}

/**
 * @throws OPTION_UNSUPPORTED for secrets or ssh beside a frontend that is not trusted
 */
export function refuseUntrustedFrontend(spec: BuildSpec): void {
  const option = (spec.secrets ?? []).length > 0 ? 'secrets' : (spec.ssh ?? []).length > 0 ? 'ssh' : undefined;
  if (option === undefined) return;
  const frontend = untrustedFrontend(spec);
  if (frontend === undefined) return;
  throw new DockError(
    'OPTION_UNSUPPORTED',
    `The option "${option}" cannot be used with the frontend "${frontend}", which is not Docker's own and would see it.`,
    {
      hint: 'Set trustFrontend (--trust-frontend) when you trust it, or name a frontend of docker/dockerfile.',
      details: { option, builder: 'buildkit', frontend },
    },
  );
}
