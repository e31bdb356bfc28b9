import type { Instruction } from './dockerfile.js';

type Checked = Pick<Instruction, 'keyword' | 'args' | 'json' | 'trigger'>;
type Check = (instruction: Checked) => string | undefined;

const atLeastOne: Check = ({ keyword, args }) =>
  args.length === 0 ? `${keyword} requires at least one argument` : undefined;
const exactlyOne: Check = ({ keyword, args }) =>
  args.length === 1 ? undefined : `${keyword} requires exactly one argument`;
const atLeastTwo: Check = ({ keyword, args }) =>
  args.length < 2 ? `${keyword} requires at least two arguments` : undefined;
const pairs: Check = (instruction) =>
  atLeastOne(instruction) ??
  (instruction.args.some((arg, index) => index % 3 === 0 && arg === '')
    ? `${instruction.keyword} names can not be blank`
    : undefined);

/** What each instruction demands of its arguments in every version of BuildKit. */
const checks: Readonly<Record<string, Check>> = {
  ADD: atLeastTwo,
  ARG: atLeastOne,
  COPY: atLeastTwo,
  ENV: pairs,
  EXPOSE: atLeastOne,
  HEALTHCHECK: (instruction) => {
    const type = instruction.args[0]?.toUpperCase();
    if (type !== undefined && type !== 'CMD' && type !== 'NONE')
      return `HEALTHCHECK has the unknown type "${type}"; it must be CMD or NONE`;
    return atLeastOne(instruction);
  },
  LABEL: pairs,
  MAINTAINER: exactlyOne,
  ONBUILD: ({ trigger }) => {
    if (trigger === undefined) return 'ONBUILD requires at least one argument';
    if (['ONBUILD', 'FROM', 'MAINTAINER'].includes(trigger.keyword))
      return `${trigger.keyword} is not allowed as an ONBUILD trigger`;
    return undefined;
  },
  SHELL: (instruction) =>
    atLeastOne(instruction) ?? (instruction.json === undefined ? 'SHELL requires a JSON array' : undefined),
  STOPSIGNAL: exactlyOne,
  USER: exactlyOne,
  VOLUME: atLeastOne,
  WORKDIR: exactlyOne,
};

/** What is wrong with a known instruction; undefined when nothing is. */
export function checkInstruction(instruction: Checked): string | undefined {
  return Object.hasOwn(checks, instruction.keyword) ? checks[instruction.keyword]?.(instruction) : undefined;
}
