import { dirname } from 'node:path';
import type { Plugin } from 'esbuild';

/** Parts of dockerode that dock never uses, and that would bring ssh and native code with them. */
const unused = /^(?:docker-modem|\.\/session|tar-fs|@balena\/dockerignore)$/;
const dockerode = /[\\/]node_modules[\\/]dockerode[\\/]/;

/** Puts an empty module in the place of what dock's own engine client does not use. */
export const standIns: Plugin = {
  name: 'dock-stand-ins',
  setup(build) {
    build.onResolve({ filter: unused }, ({ path, importer }) =>
      dockerode.test(importer) ? { path: `${dirname(importer)}:${path}`, namespace: 'dock-stand-in' } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'dock-stand-in' }, () => ({
      contents: 'module.exports = function () {};',
      loader: 'js',
    }));
  },
};
