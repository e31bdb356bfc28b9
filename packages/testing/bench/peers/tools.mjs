// The peers, each as a function that builds or pushes. buildah and testcontainers are fetched into a cache of their own: nothing else of dock needs them.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { rigTool } from '../../dist/index.js';
import { cacheDirectory, libraryDirectories, treeDirectory } from '../../dist/install/cache-layout.js';
import { findMirror } from '../../dist/install/debian-mirror.js';
import { downloadPackages, keyringOf } from '../../dist/install/download-packages.js';
import { packageSets } from '../../dist/install/package-sets.js';
import { runTool } from './run-tool.mjs';

/** The last that runs on Node 20. */
const testcontainersVersion = '11.11.0';

/** buildah of Debian 12, unpacked beside the engines. */
async function installBuildah() {
  const tree = join(cacheDirectory(process.env), 'peer-buildah');
  if (existsSync(tree)) return tree;
  const work = mkdtempSync(join(tmpdir(), 'dock-peers-'));
  const base = packageSets['20.10'];
  const set = { ...base, packages: ['buildah', 'runc'], assumed: [...base.assumed, 'uidmap', 'iptables', 'dbus'] };
  const source = { mirror: findMirror(process.env), keyring: keyringOf(treeDirectory('20.10', process.env)) };
  const unpacked = join(work, 'tree');
  mkdirSync(unpacked);
  for (const path of await downloadPackages(set, source, join(work, 'apt')))
    execFileSync('dpkg', ['-x', path, unpacked]);
  mkdirSync(dirname(tree), { recursive: true });
  execFileSync('cp', ['-a', unpacked, `${tree}.new`]);
  renameSync(`${tree}.new`, tree);
  rmSync(work, { recursive: true });
  return tree;
}

/** Its libraries, laid over the machine's in a mount namespace of its own: it starts itself again without LD_LIBRARY_PATH. */
function withLibraries(tree, command) {
  const [directory = ''] = libraryDirectories(tree);
  const target = directory.slice(tree.length);
  const mount = `mount -t overlay overlay -o lowerdir=${directory}:${target} ${target}`;
  return ['--mount', 'sh', '-c', `${mount} && exec "$@"`, 'sh', ...command];
}

/** testcontainers-node, in a directory of its own: dock does not depend on it. */
function installTestcontainers() {
  const directory = join(cacheDirectory(process.env), `peer-testcontainers-${testcontainersVersion}`);
  if (!existsSync(join(directory, 'node_modules', 'testcontainers'))) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'package.json'), '{"private":true,"type":"module"}');
    execFileSync(
      'npm',
      ['install', '--ignore-scripts', '--no-audit', '--no-fund', `testcontainers@${testcontainersVersion}`],
      {
        cwd: directory,
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
  }
  writeFileSync(
    join(directory, 'build.mjs'),
    `import { GenericContainer } from 'testcontainers';
const [context, name] = process.argv.slice(2);
try {
  await GenericContainer.fromDockerfile(context).build(name, { deleteOnExit: false });
  console.log('built');
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
`,
  );
  return directory;
}

/** The peers for one project directory: `home` holds configs and stores, `host` is the engine. */
export async function openPeers(home, host) {
  const buildahTree = await installBuildah();
  const testcontainers = installTestcontainers();
  const path = process.env.PATH ?? '';
  const base = { PATH: path, HOME: home, TMPDIR: home, DOCKER_CONFIG: join(home, 'docker') };
  const policy = join(home, 'policy.json');
  writeFileSync(policy, '{"default":[{"type":"insecureAcceptAnything"}]}');
  writeFileSync(join(home, 'registries.conf'), 'unqualified-search-registries = []\n');
  const store = ['--root', join(home, 'store'), '--runroot', join(home, 'run'), '--storage-driver', 'vfs'];
  const buildahEnv = {
    ...base,
    PATH: [join(buildahTree, 'usr/bin'), join(buildahTree, 'usr/sbin'), path].join(delimiter),
    CONTAINERS_REGISTRIES_CONF: join(home, 'registries.conf'),
    REGISTRY_AUTH_FILE: join(home, 'docker', 'config.json'),
    BUILDAH_ISOLATION: 'chroot',
  };
  const buildah = (args, options = {}) =>
    runTool('unshare', withLibraries(buildahTree, [join(buildahTree, 'usr/bin/buildah'), ...store, ...args]), {
      ...options,
      env: { ...buildahEnv, ...options.env },
    });
  const docker = (args, { engine = host, ...options } = {}) =>
    runTool(rigTool('docker'), ['-H', engine, ...args], {
      ...options,
      env: { ...base, DOCKER_BUILDKIT: '0', ...options.env },
    });
  return {
    versions: {
      docker: version(rigTool('docker'), base),
      skopeo: version(rigTool('skopeo'), base),
      buildah: version(
        'unshare',
        buildahEnv,
        withLibraries(buildahTree, [join(buildahTree, 'usr/bin/buildah'), '--version']),
      ),
      testcontainers: `testcontainers-node ${testcontainersVersion}`,
    },
    build: {
      docker: (context, { args = [], ...options } = {}) =>
        docker(['build', '--network', 'host', '--no-cache', ...args, context], options),
      buildah: (context, { args = [], ...options } = {}) =>
        buildah(
          ['bud', '--signature-policy', policy, '--network', 'host', '--tls-verify=false', ...args, context],
          options,
        ),
      testcontainers: (context, { engine = host, name = 'peer:1', ...options } = {}) =>
        runTool(process.execPath, [join(testcontainers, 'build.mjs'), context, name], {
          ...options,
          env: {
            ...base,
            DOCKER_HOST: engine,
            TESTCONTAINERS_RYUK_DISABLED: 'true',
            TESTCONTAINERS_HOST_OVERRIDE: '127.0.0.1',
            ...options.env,
          },
        }),
    },
    docker,
    buildah,
    policy,
    skopeo: (args, options = {}) =>
      runTool(rigTool('skopeo'), ['--policy', policy, ...args], {
        ...options,
        env: { ...base, REGISTRY_AUTH_FILE: join(home, 'docker', 'config.json'), ...options.env },
      }),
  };
}

function version(tool, env, args = ['--version']) {
  return execFileSync(tool, args, { env, encoding: 'utf8' })
    .trim()
    .replace(/, build.*| version| \(.*/g, '');
}
