import { DockError, type Dockerfile } from '@dock/core';

/** The error of a FROM whose variables leave nothing; undefined when a message is about something else. */
export function blankBase(
  message: string,
  dockerfile: Dockerfile | undefined,
  details: Readonly<Record<string, unknown>>,
): DockError | undefined {
  const base = /base name \((.*)\) should not be blank/.exec(message)?.[1];
  if (base === undefined) return undefined;
  const names = [...base.matchAll(/\$\{?(\w+)/g)].map(([, name]) => name ?? '');
  const declared = dockerfile?.globalArgs.flatMap(({ args }) => args.map((word) => word.split('=', 1)[0])) ?? [];
  const undeclared = names.filter((name) => !declared.includes(name));
  const hint =
    undeclared.length > 0
      ? `Write ${undeclared.map((name) => `"ARG ${name}"`).join(' and ')} above the first FROM: only what is declared there can be used in a FROM.`
      : `Give it a value: ${names.map((name) => `"--build-arg ${name}=IMAGE"`).join(' and ')}, or a default in its ARG.`;
  return new DockError('DOCKERFILE_INVALID', `"FROM ${base}" names no image: its variables have no value.`, {
    hint,
    details,
  });
}
