// The notices of what a bundle has inside: each licence asks to go with every copy.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

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
  const { name, version, license, author } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const files = readdirSync(directory).filter((file) => /^(?:licen[cs]e|copying|notice)/i.test(file));
  const holder = typeof author === 'string' ? author : author?.name;
  const texts =
    files.length > 0
      ? files.sort().map((file) => readFileSync(join(directory, file), 'utf8').trim())
      : [`The package has no licence file. Its package.json says: ${license}; author: ${holder ?? 'not named'}.`];
  if (files.length === 0 && license === undefined) throw new Error(`${name} says nothing of its licence`);
  return [
    `${name}@${version}`,
    [`${name} ${version}${license === undefined ? '' : ` (${license})`}`, ...texts].join('\n\n'),
  ];
}
