import type { RigEngine } from '@dock/testing';
import { inBuildContainer, killBuildContainer, letGo, signalInnerEngine } from './build-container.js';
import type { Fault } from './faults.js';
import type { Scene } from './points.js';

/** Let a fault happen to a run that stands at its point. */
export async function strike(fault: Fault, scene: Scene, engine: RigEngine): Promise<void> {
  const { cable, registry, git, run } = scene;
  switch (fault) {
    case 'plugin throws':
    case 'plugin hangs':
      return;
    case 'SIGINT':
    case 'SIGTERM':
      run.child.kill(fault);
      return;
    case 'kill -9':
      run.child.kill('SIGKILL');
      return;
    case 'kill -9 container':
      await killBuildContainer(engine);
      cable.resume();
      return;
    case 'kill -9 inner engine':
      await inBuildContainer(engine, `${signalInnerEngine('KILL')} && ${letGo}`);
      break;
    case 'engine unreachable':
      cable.cut({ refuseNew: true });
      break;
    case 'engine killed':
      await engine.kill();
      cable.resume();
      break;
  }
  // What held the run is let go, so that it meets its engine.
  registry.clearRules();
  git.resume();
  scene.writeGo();
}
