// Write src/wire from proto/, or with --check say whether it is what proto/ gives (docs/decisions/0044-buildkits-control-api.md).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(fileURLToPath(import.meta.url), '..', '..');
const wire = join(root, 'src', 'wire');

/** Generate into a directory. */
function generate(output) {
  const PATH = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  const template = {
    version: 'v2',
    plugins: [{ local: 'protoc-gen-es', out: '.', opt: ['target=ts', 'import_extension=js'] }],
  };
  const { status, stdout, stderr } = spawnSync(
    'buf',
    ['generate', 'proto', '--template', JSON.stringify(template), '--output', output],
    { cwd: root, encoding: 'utf8', env: { ...process.env, PATH } },
  );
  if (status !== 0) throw new Error(`buf ended with status ${status}: ${stdout}${stderr}`);
}

/** Files of a directory with their text. */
const textsOf = (directory) =>
  new Map(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')]));

/** @throws when src/wire is not what proto/ gives */
export function checkGenerated() {
  const directory = mkdtempSync(join(tmpdir(), 'dock-wire-'));
  try {
    generate(directory);
    const [wanted, found] = [textsOf(directory), textsOf(wire)];
    for (const name of new Set([...wanted.keys(), ...found.keys()]))
      if (wanted.get(name) !== found.get(name))
        throw new Error(
          `packages/buildkit/src/wire/${name} is not what proto/ gives: run "pnpm --filter @dock/buildkit generate".`,
        );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--check')) checkGenerated();
  else {
    rmSync(wire, { recursive: true, force: true });
    generate(wire);
  }
}
