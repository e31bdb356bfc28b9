// Bundle the command line: one script with all that a build on the engine needs, dock's own packages too. Outside stay the runners in containers and the loader of TypeScript.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { standIns } from '../../../.ci/stand-ins.mjs';
import { packagesInside, writeNotices } from '../../../.ci/third-party.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bundle = join(root, 'dist', 'bundle');
// Built beside the old one and swapped in, so that a dock that runs meanwhile finds a whole bundle.
const outdir = `${bundle}.${process.pid}`;
const commands = readdirSync(join(root, 'src', 'commands')).map((file) => join(root, 'src', 'commands', file));

const nothing = '() => undefined';

/** Parts that oclif's Command and Parser name and dock never reaches, and what stands in for them (docs/decisions/0011-speed.md). */
const leftOut = {
  '@oclif/core/lib/config/index.js': 'exports.Config = class {};',
  '@oclif/core/lib/errors/handle.js': `exports.handle = ${nothing}; exports.Exit = {};`,
  '@oclif/core/lib/help/index.js': `exports.loadHelpClass = ${nothing};`,
  '@oclif/core/lib/help/util.js': '',
  '@oclif/core/lib/logger.js': `exports.makeDebug = () => ${nothing}; exports.getLogger = () => ({ debug: ${nothing}, error: ${nothing} });`,
  '@oclif/core/lib/ux/index.js': 'exports.ux = {};',
  '@oclif/core/lib/ux/theme.js': 'exports.colorize = (_, text) => text;',
  'clean-stack/index.js': 'module.exports = (stack) => stack;',
  'wrap-ansi/index.js': 'module.exports = (text) => text;',
};

/** @type {import('esbuild').Plugin} */
const leaveOut = {
  name: 'leave-out',
  setup(bundle) {
    const left = new Set(Object.keys(leftOut));
    for (const [file, contents] of Object.entries(leftOut)) {
      bundle.onLoad({ filter: new RegExp(`/node_modules/${file.replaceAll('.', '\\.')}$`) }, () => {
        left.delete(file);
        return { contents, loader: 'js' };
      });
    }
    // A part that has moved would come back unseen.
    bundle.onEnd(() =>
      left.size === 0 ? undefined : { errors: [{ text: `oclif has no ${[...left].join(', ')} any more` }] },
    );
  },
};

const anImport = /(?<![.\w])import\(((?:[^()]|\([^()]*\))*)\)/g;

const script = join(outdir, 'dock.cjs');
const { metafile } = await build({
  plugins: [leaveOut, standIns],
  metafile: true,
  absWorkingDir: root,
  entryPoints: [join(root, 'src', 'main.ts')],
  outfile: script,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  external: ['jiti', '@dock/runner-*'],
  define: { 'process.env.NODE_ENV': '"production"', 'import.meta.url': '__address' },
  logLevel: 'warning',
});
const inputs = Object.keys(metafile.inputs);
const left = commands.filter((file) => !inputs.some((input) => file.endsWith(input)));
if (left.length > 0) throw new Error(`run-command.ts does not load ${left.join(', ')}`);
const text = withImports(readFileSync(script, 'utf8'));
// What Node compiled of it is known by its content.
writeFileSync(script, `/*${createHash('sha256').update(text).digest('hex')}*/${text}`);

/** A script cannot import modules: who starts it does (docs/decisions/0054-one-script.md). */
function withImports(text) {
  const outside = new Set(
    Object.values(metafile.outputs).flatMap(({ imports }) =>
      imports.filter(({ kind, external }) => kind === 'dynamic-import' && external).map(({ path }) => path),
    ),
  );
  const isImport = (argument) =>
    outside.has(/^"([^"]*)"$/.exec(argument)?.[1]) || /\bpathToFileURL\)?\(/.test(argument);
  const replaced = text.replaceAll(anImport, (found, argument) =>
    isImport(argument) ? `__import(${argument})` : found,
  );
  // cosmiconfig's own loader of modules has one, and dock never comes there.
  const left = [...replaced.matchAll(anImport)].map(([found]) => found);
  if (left.join() !== 'import(href)') throw new Error(`the script would import modules itself: ${left.join(', ')}`);
  return replaced;
}

writeNotices(root, packagesInside(metafile, root));

const old = `${outdir}.old`;
try {
  renameSync(bundle, old);
} catch {
  // The first build has nothing to replace.
}
renameSync(outdir, bundle);
rmSync(old, { recursive: true, force: true });

// Help and the search for a command read the manifest instead of loading every command.
const { Plugin } = await import('@oclif/core');
const plugin = new Plugin({
  root,
  type: 'core',
  ignoreManifest: true,
  errorOnManifestCreate: true,
  respectNoCacheDefault: true,
});
await plugin.load();
const { commands: found, version } = plugin.manifest;
const expected = commands.length;
if (Object.keys(found).length !== expected)
  throw new Error(`the manifest has ${Object.keys(found).length} commands of ${expected}`);
const manifest = {
  commands: Object.fromEntries(Object.entries(plugin.manifest.commands).sort(([a], [b]) => a.localeCompare(b))),
  version,
};
const file = join(root, 'oclif.manifest.json');
writeFileSync(`${file}.${process.pid}`, `${JSON.stringify(manifest, null, 2)}\n`);
renameSync(`${file}.${process.pid}`, file);
