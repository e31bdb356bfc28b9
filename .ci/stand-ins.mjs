// What bundles leave out of the packages that they have inside, and what stands in for it.
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';

const loader = new URL('../packages/engine/src/transport/load-dockerode.ts', import.meta.url);
/** Parts of dockerode that dock never uses, and that would bring ssh, gRPC and native code with them: the list is the loader's. */
const unused = new Set(
  [...readFileSync(loader, 'utf8').matchAll(/^ {2}\['([^']+)'/gm)].map(([, specifier]) => specifier),
);
if (unused.size === 0) throw new Error('the list of what is not used of dockerode is not where it was');
const dockerode = /[\\/]node_modules[\\/]dockerode[\\/]/;

/** @type {import('esbuild').Plugin} */
export const standIns = {
  name: 'dock-stand-ins',
  setup(build) {
    // simple-git writes what it does through debug, which nobody of dock's users has asked for.
    build.onResolve({ filter: /^debug$/ }, () => ({ path: 'debug', namespace: 'without-debug' }));
    build.onLoad({ filter: /.*/, namespace: 'without-debug' }, () => ({
      contents:
        'module.exports = () => Object.assign(() => undefined, { enabled: false, extend: module.exports });module.exports.formatters = {};',
    }));
    // Configs in TypeScript are loaded by jiti; cosmiconfig's own way needs a compiler.
    build.onResolve({ filter: /^typescript$/ }, () => ({ path: 'typescript', namespace: 'without-typescript' }));
    build.onLoad({ filter: /.*/, namespace: 'without-typescript' }, () => ({
      contents: "throw new Error('dock does not load TypeScript through cosmiconfig.');",
    }));
    build.onResolve({ filter: /./ }, ({ path, importer }) =>
      unused.has(path) && dockerode.test(importer)
        ? { path: `${dirname(importer)}:${path}`, namespace: 'dock-stand-in' }
        : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'dock-stand-in' }, () => ({
      contents: 'module.exports = function () {};',
    }));
  },
};
