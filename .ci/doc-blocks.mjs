// Every block marked `ts` in the documents is compiled, as a reader would type it in.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root, tool } from './steps.mjs';

// Inside the example that depends on every package, so that imports resolve.
const directory = join(root, 'examples', 'size-limit', '.doc-blocks');

function markdownFiles(at) {
  return readdirSync(at, { withFileTypes: true }).flatMap((entry) => {
    if (
      entry.name === 'node_modules' ||
      entry.name === 'dist' ||
      entry.name === 'vectors' ||
      (entry.name.startsWith('.') && entry.name !== '.')
    )
      return [];
    if (entry.isDirectory()) return markdownFiles(join(at, entry.name));
    return entry.name.endsWith('.md') && entry.name !== 'CHANGELOG.md' ? [join(at, entry.name)] : [];
  });
}

export function checkDocBlocks() {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  try {
    let count = 0;
    for (const file of markdownFiles(root)) {
      for (const [index, match] of [...readFileSync(file, 'utf8').matchAll(/^```ts\n(.*?)^```/gms)].entries()) {
        const name = `${relative(root, file).replaceAll(/[^A-Za-z0-9]+/g, '-')}-${index}.ts`;
        writeFileSync(
          join(directory, name),
          `${match[1].replaceAll("'./size-limit.js'", "'../size-limit.js'")}\nexport {};\n`,
        );
        count += 1;
      }
    }
    const config = {
      extends: '../../../tsconfig.base.json',
      compilerOptions: {
        noEmit: true,
        composite: false,
        declaration: false,
        declarationMap: false,
        allowImportingTsExtensions: false,
        noUnusedLocals: false,
      },
      include: ['*.ts'],
    };
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config));
    tool(`compile ${count} blocks of the documents`, ['tsc', '-p', directory]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) checkDocBlocks();
