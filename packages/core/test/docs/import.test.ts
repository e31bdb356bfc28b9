import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const entry = new URL('../../dist/index.js', import.meta.url);

/** Prints what a process has loaded once it has imported core: ES modules by a hook of the loader, CommonJS by its cache. */
const program = `
import { createRequire, register } from 'node:module';
import { MessageChannel } from 'node:worker_threads';
const { port1, port2 } = new MessageChannel();
const loaded = [];
port1.on('message', (url) => loaded.push(url));
const hook = "let port; export const initialize = (data) => { port = data.port; };" +
  "export const load = async (url, context, next) => { port.postMessage(url); return next(url, context); };";
register('data:text/javascript,' + encodeURIComponent(hook), { data: { port: port2 }, transferList: [port2] });
await import(process.argv[1]);
await new Promise((resolve) => setTimeout(resolve, 50));
loaded.push(...Object.keys(createRequire(process.argv[1]).cache));
process.stdout.write(JSON.stringify(loaded));
port1.close();
`;

test('importing core loads nothing but core and Node', () => {
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program, entry.href], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    encoding: 'utf8',
  });
  const loaded = JSON.parse(output) as string[];
  const dist = new URL('.', entry);
  const isOurs = (url: string) => url.startsWith(dist.href) || url === fileURLToPath(new URL('../package.json', dist));
  expect(loaded).toContain(entry.href);
  expect(loaded.filter((url) => !url.startsWith('node:') && !isOurs(url))).toEqual([]);
});
