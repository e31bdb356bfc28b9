import type { DockRunner } from '../contracts/runner.js';
import { runPipeline } from './run-pipeline.js';

/** The runner that needs no container: the pipeline runs in this process, on the engine it is pointed at. */
export function here(): DockRunner {
  return { name: 'here', run: (job, context) => runPipeline(job, context, 'here') };
}
