// Arrows may skip layers and never turn round (docs/architecture.md):
// cli -> api -> {runners -> build-container, plugins} -> engine -> buildkit -> registry -> core; testing -> engine, core.
const layers = ['core', 'registry', 'buildkit', 'engine', 'plugin-[^/]+|build-container', 'runner-[^/]+', 'api', 'cli'];
const inPackage = (name) => `^packages/(${name})/(src|bin|dist)/`;
const upward = layers.flatMap((layer, index) =>
  layers.slice(index + 1).map((above) => ({
    name: `no-${layer.split('|')[0].replace('[^/]+', 'any')}-to-${above.split('|')[0].replace('[^/]+', 'any')}`,
    severity: 'error',
    from: { path: inPackage(layer) },
    to: { path: inPackage(above) },
  })),
);
const only = (library, owner) => ({
  name: `${library.replaceAll(/[^a-z-]/g, '')}-is-${owner}-only`,
  severity: 'error',
  from: { path: '^packages/', pathNot: [`^packages/${owner}/`, '/test/', '/bench/'] },
  to: { path: `node_modules/${library}/` },
});

module.exports = {
  forbidden: [
    ...upward,
    {
      name: 'no-src-to-testing',
      severity: 'error',
      from: { path: '^packages/(?!testing)[^/]+/src/' },
      to: { path: '^packages/testing/' },
    },
    {
      name: 'testing-knows-engine-and-core',
      severity: 'error',
      from: { path: '^packages/testing/src/' },
      to: { path: '^packages/(plugin-[^/]+|build-container|runner-[^/]+|api|cli)/' },
    },
    {
      name: 'plugins-know-core',
      severity: 'error',
      from: { path: '^packages/plugin-[^/]+/src/' },
      to: { path: '^packages/(registry|buildkit|engine|build-container|runner-[^/]+|testing|api|cli)/' },
    },
    only('tapable', 'core'),
    only('simple-git', 'core'),
    only('dockerode', 'engine'),
    only('@bufbuild/protobuf', 'buildkit'),
    only('esbuild', 'build-container'),
    only('cosmiconfig', 'cli'),
    only('jiti', 'cli'),
    only('@oclif/core', 'cli'),
    {
      name: 'no-circular',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.base.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@dock/source', 'import', 'node', 'default'],
    },
  },
};
