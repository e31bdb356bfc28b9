// The notices of what a bundle has inside: each licence asks to go with every copy.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from './steps.mjs';

const packageOfFile = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+(?=[\\/])/;

/** The directories of the packages that an output of esbuild has a part of. @param {import('esbuild').Metafile} metafile */
export function packagesInside({ outputs }, base) {
  const files = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs)
      // A colon: a stand-in.
      .filter(([file, { bytesInOutput }]) => bytesInOutput > 0 && !file.includes(':'))
      .map(([file]) => resolve(base, file)),
  );
  return [...new Set(files.flatMap((file) => packageOfFile.exec(file)?.[0] ?? []))];
}

/** Write `THIRD-PARTY-NOTICES.txt` of a package: name, version and licence of everything in these directories. */
export function writeNotices(directory, packages) {
  const sections = new Map(packages.map(sectionOf));
  const text = [...sections].sort(([a], [b]) => a.localeCompare(b)).map(([, section]) => section);
  const line = `\n\n${'-'.repeat(80)}\n\n`;
  const intro = 'This package has parts of the following packages inside. Each is under its own licence.';
  writeFileSync(join(directory, 'THIRD-PARTY-NOTICES.txt'), `${[intro, ...text].join(line)}\n`);
}

function sectionOf(directory) {
  const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const files = readdirSync(directory).filter((file) => /^(?:licen[cs]e|copying|notice)/i.test(file));
  const texts =
    files.length > 0
      ? files.sort().map((file) => readFileSync(join(directory, file), 'utf8').trim())
      : headersOf(directory, name, license);
  return [
    `${name}@${version}`,
    [`${name} ${version}${license === undefined ? '' : ` (${license})`}`, ...texts].join('\n\n'),
  ];
}

/** Without a file the licence is what the heads of the sources say; Apache's text is that of this repository's own licence. */
function headersOf(directory, name, license) {
  const sources = readdirSync(directory, { recursive: true }).filter((file) => /\.m?js$/.test(file));
  const heads = sources.map(
    (file) => /^(?:\/\/[^\n]*\n)+/.exec(readFileSync(join(directory, file), 'utf8'))?.[0] ?? '',
  );
  const said = [...new Set(heads.filter((head) => /copyright/i.test(head)))].sort();
  if (said.length === 0) throw new Error(`${name} has neither a licence file nor a word about it in its sources`);
  const texts = said.map((head) => head.replaceAll(/^\/\/ ?/gm, '').trim());
  return /Apache-2\.0/.test(license ?? '') ? [...texts, readFileSync(join(root, 'LICENSE'), 'utf8').trim()] : texts;
}
