import { optionTable, type RequestOptions } from '@dock/core';
import * as Flags from '@oclif/core/flags';
import { repeated } from '../command/common-flags.js';
import { type OptionFlag, optionFlags } from './option-flags.js';

/** The flags of all options, as the parser takes them. */
export const optionFlagDefinitions = Object.fromEntries(
  Object.entries(optionFlags).flatMap(([key, row]) =>
    row === undefined ? [] : [[row.flag, definition(row, key as keyof RequestOptions)]],
  ),
);

function definition(
  { char, kind, helpGroup, helpValue, choices, description }: Omit<OptionFlag<never>, 'read'>,
  key: keyof RequestOptions,
) {
  const text = description ?? flagText(optionTable[key].sentence);
  const common = { description: kind === 'words' ? `${text}; may be repeated` : text, helpGroup };
  if (kind === 'switch') return Flags.boolean(common);
  const shown = {
    ...common,
    ...(char === undefined ? {} : { char }),
    ...(helpValue === undefined ? {} : { helpValue }),
  };
  if (kind === 'words') return repeated(shown);
  return choices === undefined ? Flags.string(shown) : Flags.option({ options: choices })(shown);
}

/** What those flags mean without a value that may have one. */
export const impliedValues: Readonly<Record<string, string>> = Object.fromEntries(
  Object.values(optionFlags).flatMap((row) => (row?.implied === undefined ? [] : [[row.flag, row.implied]])),
);

/** A sentence of the table in the form of help: `Stage to build [default: the last]`. */
function flagText(sentence: string): string {
  return sentence
    .replaceAll('`', '')
    .replace(/\.$/, '')
    .replace(/\. Default: (.*)$/, ' [default: $1]');
}
