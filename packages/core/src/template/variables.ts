/** Variables of templates that every build may have: in the names of tag(), and in labels and build arguments of a config. `label.*` and `env.*` are tag()'s alone. */
export const templateVariables = [
  'date',
  'git.branch',
  'git.commit',
  'git.commitDate',
  'git.date',
  'git.describe',
  'git.ref',
  'git.short',
  'git.tag',
  'package.major',
  'package.minor',
  'package.name',
  'package.patch',
  'package.version',
  'run.id',
] as const;

/** Whether a variable is a moment, which may be written in a format of its own: `{date:YYYY-MM-DD}`. */
export function isMoment(variable: string): boolean {
  return variable === 'date' || variable === 'git.commitDate';
}

/** What to do about a variable without a value. */
export function variableHint(variable: string): string {
  if (variable === 'git.tag') return 'Build from a tag, as with --git-commit v1.2.3.';
  if (variable === 'git.branch') return 'Build from a branch; a commit alone has none.';
  if (variable.startsWith('git.')) return 'The source must be a git repository.';
  if (variable.startsWith('package.')) return 'Put a package.json with that field into the build context.';
  if (variable.startsWith('label.'))
    return (
      'Set the label in the Dockerfile or with --label; one that depends on the base is not known before the build. A plugin that sets it has to run before names are ' +
      'resolved: dock.hooks.prebuild.tap(name, fn, { before: "tag" }), not in the stage "edit".'
    );
  return 'Set the environment variable.';
}
