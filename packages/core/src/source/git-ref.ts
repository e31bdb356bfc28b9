import { DockError } from '../errors/dock-error.js';

/** A rule of git-check-ref-format(1), what breaks it, and how to say so. */
const rules: readonly { readonly breaks: RegExp; readonly says: string }[] = [
  { breaks: /^$/, says: 'it is empty' },
  { breaks: /^-/, says: 'it begins with "-"' },
  { breaks: /^\+/, says: 'it begins with "+"' },
  // eslint-disable-next-line no-control-regex
  { breaks: /[\u0000-\u0020\u007f]/, says: 'it has a space or a control character' },
  { breaks: /[~^:?*[\\]/, says: 'it has one of ~ ^ : ? * [ \\' },
  { breaks: /\.\./, says: 'it has ".."' },
  { breaks: /@\{/, says: 'it has "@{"' },
  { breaks: /^@$/, says: 'it is "@"' },
  { breaks: /^\/|\/$|\/\//, says: 'it has an empty part between slashes' },
  { breaks: /(?:^|\/)\./, says: 'a part of it begins with "."' },
  { breaks: /\.(?:$|\/)/, says: 'a part of it ends with "."' },
  { breaks: /\.lock(?:$|\/)/, says: 'a part of it ends with ".lock"' },
  { breaks: /^.{1025}/s, says: 'it is longer than 1024 characters' },
];

/**
 * Holds a branch, tag, pull-request ref (`pull/7/head`, `refs/pull/7/head`) or commit against the rules of git-check-ref-format(1), so that it is neither
 * an option nor a refspec to git.
 *
 * @throws INVALID_GIT_REF
 */
export function checkGitRef(ref: string): void {
  const broken = rules.find(({ breaks }) => breaks.test(ref));
  if (broken !== undefined) {
    throw new DockError(
      'INVALID_GIT_REF',
      `${JSON.stringify(ref.slice(0, 200))} is an invalid git ref: ${broken.says}.`,
    );
  }
}
