import { nearestWord } from '../config/nearest-word.js';
import type { BuildRequest } from '../contracts/build-request.js';
import type { Checkout } from '../contracts/checkout.js';
import { DockError } from '../errors/dock-error.js';
import { formatDate, isDateFormat } from './format-date.js';
import { gitValues, packageValues } from './source-values.js';
import { isMoment, templateVariables, variableHint } from './variables.js';

/** What of a request may have templates. */
export type TemplateTexts = Pick<BuildRequest, 'labels' | 'buildArgs' | 'hasTemplates'>;

/** The run that texts are filled for. */
export interface FillContext {
  readonly checkout: Checkout;
  readonly runId: string;
  /** ISO 8601: what `{date}` is. */
  readonly startedAt: string;
}

/** Last parts of variables that nobody writes in braces for anything else. `name`, `id` and `date` are in routes and other templates. */
const lastParts = [
  'branch',
  'commit',
  'commitDate',
  'describe',
  'major',
  'minor',
  'patch',
  'ref',
  'short',
  'tag',
  'version',
];

const families = /^(?:git|package|run|label|env)\.|^date$/;

/** Braces around a word that means, or seems to mean, a variable. A `$` before them belongs to a shell. */
const braces = /(?<![${])(\{+)([A-Za-z]+(?:\.[\w.-]*)?)(?::([^{}]*))?(\}+)/g;

function isSpecial(name: string): boolean {
  return families.test(name) || lastParts.includes(name);
}

/** A text that is filled to itself: for what is no template. */
export function escapeTemplate(text: string): string {
  return text.replaceAll(braces, (all, _open: string, name: string) => (isSpecial(name) ? `{${all}}` : all));
}

/** Whether a label or build argument uses a variable. */
export function usesVariable({ labels, buildArgs, hasTemplates }: TemplateTexts, variable: string): boolean {
  if (hasTemplates !== true) return false;
  return Object.values({ ...labels, ...buildArgs }).some((text) =>
    [...text.matchAll(braces)].some(([, open, name]) => open === '{' && name === variable),
  );
}

/**
 * Fills the templates in labels and build arguments in: `{git.describe}`, `{date:YYYY-MM-DD}`. Other braces stay as they are, and `{{git.tag}}` is `{git.tag}`.
 *
 * @throws CONFIG_INVALID for a variable that is misspelt or has no value
 */
export async function fillTexts(request: TemplateTexts, context: FillContext): Promise<TemplateTexts> {
  const { labels, buildArgs } = request;
  if (request.hasTemplates !== true) return { ...(labels && { labels }), ...(buildArgs && { buildArgs }) };
  const all = Object.values({ ...labels, ...buildArgs });
  const isPackageUsed = all.some((text) => text.includes('{package.'));
  const values = new Map([
    ...gitValues(context.checkout),
    ...(isPackageUsed ? await packageValues(context.checkout.contextDir) : []),
    ['run.id', context.runId] as const,
    ['date', context.startedAt] as const,
  ]);
  const fillAll = (key: string, texts: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, fill(text, values, `${key}.${name}`)]));
  return {
    ...(labels === undefined ? {} : { labels: fillAll('labels', labels) }),
    ...(buildArgs === undefined ? {} : { buildArgs: fillAll('buildArgs', buildArgs) }),
  };
}

function fill(text: string, values: ReadonlyMap<string, string | undefined>, place: string): string {
  return text.replaceAll(braces, (all, open: string, name: string, format: string | undefined, close: string) => {
    if (!isSpecial(name)) return all;
    if (open.length > 1 && close.length > 1) return all.slice(1, -1);
    const value = valueOf(name, format, values, place);
    return `${open.slice(1)}${value}${close.slice(1)}`;
  });
}

function valueOf(
  name: string,
  format: string | undefined,
  values: ReadonlyMap<string, string | undefined>,
  place: string,
): string {
  const shown = `"{${name}${format === undefined ? '' : `:${format}`}}"`;
  const wrong = (why: string, hint: string) =>
    new DockError('CONFIG_INVALID', `The config's "${place}" uses ${shown}, which ${why}.`, {
      hint,
      details: { key: place, variable: name },
    });
  if (name.startsWith('env.'))
    throw wrong(
      'is a variable of tag() alone',
      `Write process.env.${name.slice(4)} in the config, or the braces twice for the text itself.`,
    );
  if (name.startsWith('label.')) throw wrong('is a variable of tag() alone', 'Write its value.');
  if (!templateVariables.some((known) => known === name)) {
    const near = lastParts.includes(name)
      ? templateVariables.find((known) => known.endsWith(`.${name}`))
      : nearestWord(name, templateVariables);
    const meant = near === undefined ? `Variables: ${templateVariables.join(', ')}.` : `Did you mean "{${near}}"?`;
    throw wrong('is not a variable', `${meant} Write the braces twice for the text itself.`);
  }
  if (format !== undefined && !(isMoment(name) && isDateFormat(format, 'text')))
    throw wrong(
      'has a format that is not known',
      'A date is {date:YYYY-MM-DDThh:mm:ssZ}, of YYYY, MM, DD, hh, mm, ss and separators.',
    );
  const value = values.get(name) ?? '';
  if (value === '') throw wrong('has no value in this build', variableHint(name));
  if (name === 'date') return formatDate(value, format ?? 'YYYYMMDD');
  return format === undefined ? value : formatDate(value, format);
}
