// The README's demo: a real image from git to a registry and back, and a gate that keeps one out.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setup } from './setup.mjs';
import { root } from './steps.mjs';

setup('20.10');
const { baseImage, engineRequest, startEngine, startGitServer, startRegistry } = await import(
  join(root, 'packages/testing/dist/index.js')
);
const example = join(root, 'examples', 'hello');
const bin = join(root, 'packages', 'cli', 'bin', 'run.js');
const undo = [];
const state = mkdtempSync(join(tmpdir(), 'dock-demo-'));
undo.push(() => rmSync(state, { recursive: true, force: true }));

/** Run dock, its progress shown, and give its result. */
async function dock(args, env) {
  console.error(`\n$ dock ${args.join(' ')}`);
  const child = spawn(process.execPath, [bin, ...args, '--json'], {
    cwd: example,
    env: { ...process.env, XDG_STATE_HOME: state, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  const status = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  return { status, result: JSON.parse(out) };
}

/** The user's engine when it answers and reaches the demo's registry; else one of the rig's. */
async function chooseEngine(registry, base) {
  const socketPath = '/var/run/docker.sock';
  if (existsSync(socketPath)) {
    const [name, tag] = base.split(/:(?=[^/]*$)/);
    const answer = await engineRequest(socketPath, 'GET', `/distribution/${name}:${tag}/json`).catch(() => undefined);
    if (answer?.status === 200)
      return { socketPath, host: `unix://${socketPath}`, whose: "the engine of this machine's user" };
  }
  const engine = await startEngine({ version: '20.10' });
  undo.push(() => engine.stop());
  return { socketPath: engine.socketPath, host: engine.host, whose: 'a private engine' };
}

/** What a container of an image prints. */
async function runImage({ socketPath }, reference) {
  const created = await engineRequest(socketPath, 'POST', '/containers/create', {
    Image: reference,
    Tty: true,
    HostConfig: { NetworkMode: 'none' },
  });
  if (created.status !== 201) throw new Error(`the image did not run: ${created.text}`);
  const { Id: id } = created.json();
  try {
    const waiting = engineRequest(socketPath, 'POST', `/containers/${id}/wait?condition=next-exit`);
    await engineRequest(socketPath, 'POST', `/containers/${id}/start`);
    const { StatusCode: status } = (await waiting).json();
    const { text } = await engineRequest(socketPath, 'GET', `/containers/${id}/logs?stdout=1`);
    return { status, text: text.trim() };
  } finally {
    await engineRequest(socketPath, 'DELETE', `/containers/${id}?force=1&v=1`);
  }
}

function check(isTrue, what) {
  if (!isTrue) throw new Error(`the demo failed: ${what}`);
}

try {
  const registry = await startRegistry();
  undo.push(() => registry.stop());
  const git = await startGitServer();
  undo.push(() => git.stop());
  const base = await baseImage(registry, { name: 'busybox:1' });
  const engine = await chooseEngine(registry, base.reference);
  const files = Object.fromEntries(
    readdirSync(example)
      .filter((name) => statSync(join(example, name)).isFile())
      .map((name) => [name, readFileSync(join(example, name), 'utf8')]),
  );
  const repository = await git.createRepository('hello', files);
  const env = { DOCKER_HOST: engine.host, HELLO_REGISTRY: registry.host, HELLO_BASE: base.reference };

  const built = await dock(['build', repository.url, '--network', 'host'], env);
  check(
    built.status === 0 && built.result.publishedState === 'complete',
    `status ${built.status}: ${built.result.error?.message}`,
  );
  const [published] = built.result.published;

  for (const { name } of built.result.published)
    await engineRequest(engine.socketPath, 'DELETE', `/images/${name}?force=1`);
  const byDigest = `${published.name.replace(/:[^/:]*$/, '')}@${published.digest}`;
  const pulled = await engineRequest(
    engine.socketPath,
    'POST',
    `/images/create?fromImage=${encodeURIComponent(byDigest)}`,
  );
  check(pulled.status === 200 && !pulled.text.includes('"error"'), `pulling it back: ${pulled.text}`);
  const ran = await runImage(engine, byDigest);
  check(ran.status === 0, `the image ended with status ${ran.status}`);
  await engineRequest(engine.socketPath, 'DELETE', `/images/${byDigest}?force=1`);

  const before = registry.requests().filter(({ method }) => method === 'PUT').length;
  const stopped = await dock(['build', repository.url, '--network', 'host'], { ...env, HELLO_GATE: 'false' });
  const after = registry.requests().filter(({ method }) => method === 'PUT').length;
  check(
    stopped.status === 1 && stopped.result.error.code === 'GATE_FAILED',
    `the gate did not stop the run: status ${stopped.status}`,
  );
  check(before === after && stopped.result.publishedState === 'none', 'something was pushed behind the gate');
  if (stopped.result.image !== undefined)
    await engineRequest(engine.socketPath, 'DELETE', `/images/${stopped.result.image.id}?force=1`);

  const phases = built.result.phases.map(({ phase, durationMs }) => `${phase} ${durationMs} ms`).join(', ');
  console.log(`
engine     ${engine.whose}
source     ${repository.url} at ${built.result.source.git.commit}
image      ${built.result.image.id}
${built.result.published.map(({ name, digest, confirmedBy }) => `published  ${name}\n           ${digest} (confirmed by: ${confirmedBy})`).join('\n')}
it says    ${ran.text}
timings    ${phases}
the gate   said no: exit status ${stopped.status}, ${stopped.result.error.code}; the registry got nothing`);
} finally {
  for (const step of undo.reverse()) await Promise.resolve(step());
}
