import type { Dockerfile, Instruction } from './dockerfile.js';
import { flagValue } from './stages.js';

/** A step as a builder names it. */
export interface NamedStep {
  /** `RUN make`, or with BuildKit's position: `[build 2/3] RUN make`. */
  readonly name: string;
  /** Counted from 1. */
  readonly index?: number;
  readonly total?: number;
}

/** Instructions that BuildKit counts, after a FROM. */
const counted = new Set(['RUN', 'COPY', 'ADD', 'WORKDIR']);

/** Instructions whose variables a shell expands, and no builder. */
const unexpanded = new Set(['RUN', 'CMD', 'ENTRYPOINT', 'SHELL', 'HEALTHCHECK']);

/** The instruction of a step that a builder names: by its text, and where several have that, by its stage and number. */
export function locateStep(dockerfile: Dockerfile, step: NamedStep): Instruction | undefined {
  const [, stageName, body = step.name] = /^\[(?:([^\]]*) )?\d+\/\d+\] (.*)$/s.exec(step.name) ?? [];
  const wanted = plain(body);
  const same = dockerfile.instructions.filter((each) => textsOf(each).some((text) => isText(text, wanted)));
  if (same.length === 1) return same[0];
  const numbered = [byStage(dockerfile, stageName, step), byNumber(dockerfile, step)];
  const keyword = /^\S*/.exec(body)?.[0].toUpperCase();
  return (
    numbered.find((each) => each !== undefined && same.includes(each)) ??
    same[0] ??
    numbered.find((each) => each?.keyword === keyword)
  );
}

/** The instruction that a message is about, by the line that it names or by what it quotes; undefined when it tells neither. */
export function locateByMessage(dockerfile: Dockerfile, message: string): Instruction | undefined {
  const line = Number(/parse error (?:on )?line (\d+)/i.exec(message)?.[1]);
  if (line > 0) return dockerfile.instructions.find(({ startLine, endLine }) => line >= startLine && line <= endLine);
  if (/failed to parse platform/.test(message)) {
    const withPlatform = dockerfile.stages.filter(({ platform }) => platform !== undefined);
    return (withPlatform.find(({ platform }) => platform?.includes('$')) ?? withPlatform[0])?.from;
  }
  const isExpansion = message.includes('failed to process');
  const candidates = dockerfile.instructions.filter(({ keyword }) => !isExpansion || !unexpanded.has(keyword));
  for (const { text, keyword } of fragmentsOf(message)) {
    const found = candidates.find(
      (each) => (keyword === undefined || each.keyword === keyword) && hasWord(each.raw, text),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a message says of the file's own text, the surest first. */
function fragmentsOf(message: string): { readonly text: string; readonly keyword?: string }[] {
  const quoted = [...message.matchAll(/"((?:[^"\\]|\\.)+)"|'([^']+)'|\((\$[^()]+)\)/g)].map(
    ([, double, single, bracketed]) => (double ?? single ?? bracketed ?? '').replaceAll(/\\(.)/g, '$1'),
  );
  const port = /invalid (?:containerPort|hostPort|proto|start port|port)[^:]*: (\S+)/i.exec(message)?.[1];
  const signal = /invalid signal: (\S+)/i.exec(message)?.[1];
  return [
    ...(port === undefined ? [] : [{ text: port, keyword: 'EXPOSE' }]),
    ...(signal === undefined ? [] : [{ text: signal, keyword: 'STOPSIGNAL' }]),
    ...quoted.filter((text) => text.trim().length > 1).map((text) => ({ text })),
  ];
}

/** Whether a text has a word, or words, that no longer word goes on from. */
function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const before = text[at - 1] ?? '';
    const after = text[at + word.length] ?? '';
    if (!(/\w/.test(before) && /^\w/.test(word)) && !(/\w/.test(after) && /\w$/.test(word))) return true;
  }
  return false;
}

const plain = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** An instruction in one line, as the builders write it; a here-document as `RUN <<EOF (first line...)`. */
function textsOf({ keyword, flags, value, heredocs }: Instruction): string[] {
  const whole = plain([keyword, ...flags, value].join(' '));
  const short = plain([keyword, value].join(' '));
  const first = heredocs[0]?.content.split('\n')[0];
  return [whole, short, ...(first === undefined ? [] : [plain(`${whole} (${first}`)])];
}

function isText(text: string, wanted: string): boolean {
  return text === wanted || (wanted.endsWith('...)') && wanted.startsWith(text)) || wanted === `${text})`;
}

/** BuildKit counts in each stage: its image, if it is none of the file's stages, and what changes files. */
function byStage(dockerfile: Dockerfile, stageName: string | undefined, step: NamedStep): Instruction | undefined {
  if (stageName === undefined && dockerfile.stages.length > 1) return undefined;
  const name = stageName?.split(' ').at(-1)?.toLowerCase();
  const stage =
    name === undefined
      ? dockerfile.stages[0]
      : (dockerfile.stages.find((each) => each.name === name) ??
        dockerfile.stages.find(({ index }) => name === `stage-${index}`));
  if (stage === undefined || step.index === undefined) return undefined;
  const steps = stage.instructions.filter(({ keyword }) => counted.has(keyword));
  const total = step.total ?? steps.length + 1;
  return [stage.from, ...steps][step.index - 1 + (steps.length + 1 - total)];
}

/** The classic builder counts every instruction of the file. */
function byNumber({ instructions }: Dockerfile, { index }: NamedStep): Instruction | undefined {
  return index === undefined ? undefined : instructions[index - 1];
}

/** The name by which a COPY, an ADD or a mount takes from elsewhere than the build context. */
export function takesFrom(instruction: Instruction): string | undefined {
  const mount = flagValue(instruction, 'mount');
  return flagValue(instruction, 'from') ?? /(?:^|,)from=([^,]+)/.exec(mount ?? '')?.[1];
}
