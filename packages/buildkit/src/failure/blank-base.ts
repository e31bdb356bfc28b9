import { DockError, type Dockerfile } from '@dock/core';

/** The error of a FROM whose variables leave no image, or no platform; undefined when a message is about something else. */
export function blankBase(
  message: string,
  dockerfile: Dockerfile | undefined,
  details: Readonly<Record<string, unknown>>,
): DockError | undefined {
  const base = /base name \((.*)\) should not be blank/.exec(message)?.[1];
  if (base !== undefined) return blank(`FROM ${base}`, base, 'image', dockerfile, details);
  const platform = /failed to parse platform : ""/.test(message)
    ? dockerfile?.stages.find((stage) => stage.platform?.includes('$') === true)
    : undefined;
  if (platform === undefined) return undefined;
  const { platform: written = '', base: image } = platform;
  return blank(`FROM --platform=${written} ${image}`, written, 'platform', dockerfile, details);
}

function blank(
  from: string,
  base: string,
  what: 'image' | 'platform',
  dockerfile: Dockerfile | undefined,
  details: Readonly<Record<string, unknown>>,
): DockError {
  const names = [...base.matchAll(/\$\{?(\w+)/g)].map(([, name]) => name ?? '');
  const declared = dockerfile?.globalArgs.flatMap(({ args }) => args.map((word) => word.split('=', 1)[0])) ?? [];
  const undeclared = names.filter((name) => !declared.includes(name));
  const hint =
    undeclared.length > 0
      ? `Write ${undeclared.map((name) => `"ARG ${name}"`).join(' and ')} above the first FROM: only what is declared there can be used in a FROM.`
      : `Give it a value: ${names.map((name) => `"--build-arg ${name}=${what.toUpperCase()}"`).join(' and ')}, or a default in its ARG.`;
  return new DockError('DOCKERFILE_INVALID', `"${from}" names no ${what}: its variables have no value.`, {
    hint,
    details,
  });
}
