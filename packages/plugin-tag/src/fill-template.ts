import { DockError, formatDate, isImageReference, parseImageReference, variableHint } from '@dock/core';
import type { Template, TemplatePiece } from './parse-template.js';

/** Values of variables; one that is absent, `undefined` or empty has no value in this build. */
export type TemplateValues = ReadonlyMap<string, string | undefined>;

type Variable = Extract<TemplatePiece, { variable: string }>;

/** A value as part of a tag, which has letters, digits, `_`, `.` and `-`: `feature/x` becomes `feature-x`. */
function tagPart(value: string, isFirst: boolean): string {
  const kept = value.replaceAll(/[^\w.-]+/g, '-').replace(/-+$/, '');
  return isFirst ? kept.replace(/^[.-]+/, '') : kept;
}

/** A value as part of a repository, whose path components are lower-case words: `@Scope/App` becomes `scope/app`. */
function repositoryPart(value: string): string {
  return value
    .toLowerCase()
    .split('/')
    .map((component) => component.replaceAll(/[^a-z0-9._-]+/g, '-').replaceAll(/^[._-]+|[._-]+$/g, ''))
    .filter((component) => component !== '')
    .join('/');
}

/**
 * Fill a template in.
 *
 * @param startedAt ISO 8601: what `{date}` is.
 * @throws CONFIG_INVALID naming template and variable, for one without a value, and for a value that would choose the registry
 */
export function fillTemplate(template: Template, values: TemplateValues, startedAt: string): string {
  let filled = '';
  for (const piece of template.pieces) {
    if ('text' in piece) filled += piece.text;
    else filled += valueOf(template, piece, values, startedAt, filled.endsWith(':'));
  }
  checkRegistry(template, filled, values);
  return filled;
}

function valueOf(
  template: Template,
  piece: Variable,
  values: TemplateValues,
  startedAt: string,
  isFirst: boolean,
): string {
  const { variable, isInTag } = piece;
  if (variable === 'date') return formatDate(startedAt, piece.format ?? 'YYYYMMDD');
  const given = values.get(variable) ?? '';
  const raw = piece.format === undefined || given === '' ? given : formatDate(given, piece.format);
  const isOwn = variable.startsWith('env.') && !isInTag;
  const value = isOwn ? raw : isInTag ? tagPart(raw, isFirst) : repositoryPart(raw);
  if (value !== '') return value;
  const why = raw === '' ? 'has no value in this build' : `is "${raw}", of which nothing can stand there`;
  throw new DockError('CONFIG_INVALID', `The template "${template.text}" uses "{${variable}}", which ${why}.`, {
    hint: variableHint(variable),
    details: { template: template.text, variable },
  });
}

/** A name from the source must not send the image to another registry; an environment variable is the user's own. */
function checkRegistry(template: Template, filled: string, values: TemplateValues): void {
  const stand = template.pieces.map((piece) => {
    if ('text' in piece) return piece.text;
    return piece.variable.startsWith('env.') ? (values.get(piece.variable) ?? 'x') : 'x';
  });
  const plain = stand.join('');
  if (!isImageReference(filled) || !isImageReference(plain)) return;
  const [is, meant] = [parseImageReference(filled).registry, parseImageReference(plain).registry];
  if (is === meant) return;
  throw new DockError(
    'CONFIG_INVALID',
    `The template "${template.text}" becomes "${filled}", whose registry "${is}" comes from a variable of the source.`,
    { hint: 'Write the registry in the template, or take it from "env".' },
  );
}
