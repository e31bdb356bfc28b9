import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pnpmCommand, repository } from './pack-packages.js';
import { mustRun } from './run-program.js';

/** How users install, and how they then start a command of a package. */
export interface PackageManager {
  readonly name: string;
  /** Install what the package.json in a directory names; `@dock/…` comes from this registry. */
  install(directory: string, registry: string): Promise<void>;
  /** The words that start the command `dock` in a directory. */
  dock(directory: string): readonly [string, ...string[]];
}

const yarn = join(repository, 'node_modules', '@yarnpkg', 'cli-dist', 'bin', 'yarn.js');

/** What this machine's npm is set to. */
async function npmSetting(name: string, directory: string): Promise<string | undefined> {
  const value = (await mustRun('npm', ['config', 'get', name], { cwd: directory })).trim();
  return value === 'null' || value === 'undefined' ? undefined : value;
}

const inBin = (directory: string) => [join(directory, 'node_modules', '.bin', 'dock')] as const;

export const packageManagers: readonly PackageManager[] = [
  {
    name: 'npm',
    async install(directory, registry) {
      writeFileSync(join(directory, '.npmrc'), `@dock:registry=${registry}\n`);
      await mustRun('npm', ['install', '--no-audit', '--no-fund'], { cwd: directory });
    },
    dock: inBin,
  },
  {
    name: 'pnpm without hoisting',
    async install(directory, registry) {
      writeFileSync(join(directory, '.npmrc'), `@dock:registry=${registry}\n`);
      writeFileSync(join(directory, 'pnpm-workspace.yaml'), 'hoist: false\npmOnFail: ignore\n');
      const [program, ...words] = await pnpmCommand();
      await mustRun(program, [...words, 'install', '--reporter=append-only'], { cwd: directory });
    },
    dock: inBin,
  },
  {
    name: 'yarn PnP',
    async install(directory, registry) {
      const [server, ca] = await Promise.all([npmSetting('registry', directory), npmSetting('cafile', directory)]);
      const settings = {
        nodeLinker: 'pnp',
        // One of its own: the machine's remembers what it got for a name and a version, whichever registry gave it.
        globalFolder: `${directory}-global`,
        enableTelemetry: false,
        enableImmutableInstalls: false,
        // What was packed a minute ago is no release that somebody could have hijacked.
        npmMinimalAgeGate: 0,
        npmRegistryServer: server,
        unsafeHttpWhitelist: ['127.0.0.1', ...(server?.startsWith('http:') === true ? [new URL(server).hostname] : [])],
        npmScopes: { dock: { npmRegistryServer: registry, npmMinimalAgeGate: 0 } },
        ...(ca === undefined ? {} : { httpsCaFilePath: ca }),
      };
      // Every JSON is YAML.
      writeFileSync(join(directory, '.yarnrc.yml'), JSON.stringify(settings));
      writeFileSync(join(directory, 'yarn.lock'), '');
      await mustRun(process.execPath, [yarn, 'install'], { cwd: directory });
    },
    dock: () => [process.execPath, yarn, 'dock'],
  },
];
