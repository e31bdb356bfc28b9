import { DockError, isDateFormat, isMoment, nearestWord, templateVariables } from '@dock/core';

/** A template in pieces: literal text and variables. */
export interface Template {
  /** As written. */
  readonly text: string;
  readonly pieces: readonly TemplatePiece[];
}

/** A piece of a template. */
export type TemplatePiece =
  | { readonly text: string }
  | {
      /** `git.branch`, `date`, `label.org.example.version`. */
      readonly variable: string;
      /** What follows the colon: `{date:YYYY-MM-DD}`. */
      readonly format?: string;
      /** Whether it stands in the tag, after the repository's colon. */
      readonly isInTag: boolean;
    };

const open = /^(?:label|env)\../;

function invalid(template: string, why: string, hint?: string): DockError {
  return new DockError('CONFIG_INVALID', `The template "${template}" ${why}.`, hint === undefined ? {} : { hint });
}

/**
 * Read a template: `{…}` is a variable, the rest stands for itself.
 *
 * @param env Names of environment variables that may be used.
 * @throws CONFIG_INVALID naming template and variable
 */
export function parseTemplate(template: string, env: readonly string[]): Template {
  const tagStart = startOfTag(template);
  const pieces: TemplatePiece[] = [];
  let at = 0;
  for (const match of template.matchAll(/\{([^{}]*)\}/g)) {
    if (match.index > at) pieces.push({ text: template.slice(at, match.index) });
    const [variable = '', ...rest] = (match[1] ?? '').split(':');
    const format = rest.length === 0 ? undefined : rest.join(':');
    checkVariable(template, variable, format, env);
    pieces.push({ variable, ...(format === undefined ? {} : { format }), isInTag: match.index > tagStart });
    at = match.index + match[0].length;
  }
  if (at < template.length) pieces.push({ text: template.slice(at) });
  const stray = pieces.find((piece) => 'text' in piece && /[{}]/.test(piece.text));
  if (stray !== undefined)
    throw invalid(template, 'has a brace without its partner', 'A variable is written {git.short}.');
  return { text: template, pieces };
}

/** Where the tag's colon is; beyond the end when there is none. */
function startOfTag(template: string): number {
  const outside = template.replaceAll(/\{[^{}]*\}/g, (variable) => 'x'.repeat(variable.length));
  const at = outside.search(/:[^/:]*$/);
  return at < 0 ? template.length : at;
}

function checkVariable(template: string, variable: string, format: string | undefined, env: readonly string[]): void {
  const shown = `"{${variable}${format === undefined ? '' : `:${format}`}}"`;
  if (format !== undefined && (!isMoment(variable) || !isDateFormat(format)))
    throw invalid(
      template,
      `has ${shown}, whose format is not known`,
      'A date is {date:YYYY-MM-DD}, of YYYY, MM, DD, hh, mm, ss, ".", "-", "_" and "T".',
    );
  if (variable.startsWith('env.') && !env.includes(variable.slice(4)))
    throw invalid(
      template,
      `uses ${shown}, and "env" does not list that variable`,
      `Write env: ['${variable.slice(4)}'] beside it.`,
    );
  if (open.test(variable) || templateVariables.some((known) => known === variable)) return;
  const near = nearestWord(variable, templateVariables);
  throw invalid(
    template,
    `uses ${shown}, which is not a variable`,
    near === undefined ? `Variables: ${templateVariables.join(', ')}, label.*, env.*.` : `Did you mean "{${near}}"?`,
  );
}
