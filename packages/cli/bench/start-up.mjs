// What starting costs, above bare Node.
import { fileURLToPath } from 'node:url';
import { timePairs } from './measure.mjs';

const bin = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const ping = fileURLToPath(new URL('./first-request.mjs', import.meta.url));
const bare = () => ({ command: process.execPath, args: ['-e', '0'] });

export function startUp(host) {
  const against = (title, target, args) => {
    const { a, b, low, high, pairs } = timePairs(() => ({ command: process.execPath, args }), bare, {
      pairs: 15,
      warmups: 2,
    });
    return { title, ms: a, bare: b, above: a - b, target, low, high, pairs };
  };
  return [
    against('`dock --version`', 20, [bin, '--version']),
    against('`dock --help`', 120, [bin, '--help']),
    against('first engine request through `@dock/engine`', 100, [ping, host]),
    against('first engine request by `dock version`', 200, [bin, 'version', '--host', host]),
  ];
}
