import { DockError, nearestWord } from '@dock/core';

/** Values that templates may use: name to value; `undefined` for one that this build does not have. */
export type TemplateValues = ReadonlyMap<string, string | undefined>;

const placeholder = /\{([^{}]*)\}/g;

/** A date with `YYYY`, `MM`, `DD`, `hh`, `mm` and `ss` filled in, UTC. */
function formatDate(iso: string, format: string): string {
  const parts: Readonly<Record<string, string>> = {
    YYYY: iso.slice(0, 4),
    MM: iso.slice(5, 7),
    DD: iso.slice(8, 10),
    hh: iso.slice(11, 13),
    mm: iso.slice(14, 16),
    ss: iso.slice(17, 19),
  };
  return format.replaceAll(/YYYY|MM|DD|hh|mm|ss/g, (part) => parts[part] ?? part);
}

/** A value as part of a tag: what a tag cannot hold becomes a hyphen. */
function tagSafe(value: string): string {
  return value
    .replaceAll(/[^\w.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 128);
}

/**
 * Fill a template in. A placeholder after the last `:` of the reference belongs to the tag and is made fit for one (`feature/x` becomes `feature-x`).
 *
 * @throws CONFIG_INVALID naming template and placeholder, for one that is unknown or has no value in this build
 */
export function fillTemplate(template: string, values: TemplateValues, startedAt: string): string {
  const tagAt = template.replaceAll(placeholder, (match) => 'x'.repeat(match.length)).search(/:[^/:]*$/);
  return template.replaceAll(placeholder, (_match, name: string, at: number) => {
    const value = lookUp(template, name, values, startedAt);
    return tagAt >= 0 && at > tagAt ? tagSafe(value) : value.toLowerCase();
  });
}

function lookUp(template: string, name: string, values: TemplateValues, startedAt: string): string {
  if (name === 'date' || name.startsWith('date:')) return formatDate(startedAt, name.slice(5) || 'YYYYMMDD');
  const value = values.get(name);
  if (value !== undefined && value !== '') return value;
  if (values.has(name)) {
    throw new DockError(
      'CONFIG_INVALID',
      `The template "${template}" uses "{${name}}", which has no value in this build.`,
      { hint: hintFor(name) },
    );
  }
  const near = nearestWord(name, [...values.keys(), 'date']);
  throw new DockError('CONFIG_INVALID', `The template "${template}" uses "{${name}}", which is unknown.`, {
    hint: near === undefined ? hintFor(name) : `Did you mean "{${near}}"?`,
  });
}

function hintFor(name: string): string {
  if (name.startsWith('git.'))
    return 'The source must be a git repository, on a branch or tag where the placeholder needs one.';
  if (name.startsWith('package.')) return 'Put a package.json with this field into the build context.';
  if (name.startsWith('label.')) return 'Set the label in the Dockerfile or with --label.';
  if (name.startsWith('env.')) return 'Name the variable in the option "env" and set it.';
  return 'Use git.*, date, package.*, label.*, run.id or env.*.';
}
