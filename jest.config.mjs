// Tests run from the sources (export condition @dock/source), in native ESM.
const project = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testEnvironmentOptions: { customExportConditions: ['@dock/source', 'node', 'node-addons'] },
};

// Unit tests need no engine; rig tests (*.rig.test.ts) share the engines, registry and git server of @dock/testing.
export default {
  verbose: true,
  watchman: false,
  testTimeout: 120_000,
  maxWorkers: 2,
  projects: [
    {
      ...project,
      displayName: 'unit',
      testMatch: ['<rootDir>/{packages,examples}/*/test/**/*.test.ts', '<rootDir>/fuzz/test/**/*.test.ts'],
      testPathIgnorePatterns: ['\\.(?:rig|podman)\\.test\\.ts$'],
    },
    {
      ...project,
      displayName: 'rig',
      testMatch: ['<rootDir>/packages/*/test/**/*.rig.test.ts', '<rootDir>/examples/*/test/**/*.rig.test.ts'],
      globalSetup: '<rootDir>/packages/testing/jest/global-setup.mjs',
      globalTeardown: '<rootDir>/packages/testing/jest/global-teardown.mjs',
    },
    // What podman can and cannot do: only where a run asks for it (`npm run test:engines`), because not every machine has it.
    ...((process.env.DOCK_TESTING_ENGINES ?? '').split(',').includes('podman')
      ? [
          {
            ...project,
            displayName: 'podman',
            testMatch: ['<rootDir>/packages/*/test/**/*.podman.test.ts'],
            globalSetup: '<rootDir>/packages/testing/jest/global-setup.mjs',
            globalTeardown: '<rootDir>/packages/testing/jest/global-teardown.mjs',
          },
        ]
      : []),
  ],
};
