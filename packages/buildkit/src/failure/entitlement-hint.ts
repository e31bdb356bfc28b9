/** What to do about a step that asks for more than builds may have; undefined when the builder says no such thing (moby/buildkit, `util/entitlements`). */
export function entitlementHint(message: string): string | undefined {
  const [, byDaemon, name] =
    /(granting entitlement )?(network\.host|security\.insecure|device\S*) is not allowed/.exec(message) ?? [];
  if (name === undefined) return undefined;
  return byDaemon === undefined
    ? `Let the build have it, where you trust the Dockerfile: --allow ${name} (option "allow").`
    : `The builder lets no build have ${name}: whoever runs it allows that in its configuration ("insecure-entitlements" of buildkitd.toml, "builder.entitlements" of an engine's daemon.json).`;
}
