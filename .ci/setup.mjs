// Dependencies, a build, and the rig's engines: everything that tests and demo need.
import { build } from './build.mjs';
import { install, step } from './steps.mjs';

export function setup(engines = 'all') {
  install();
  build();
  step('rig', process.execPath, ['packages/testing/bin/dock-testing.js', 'install', '--engine', engines]);
}

if (process.argv[1] === new URL(import.meta.url).pathname) setup();
