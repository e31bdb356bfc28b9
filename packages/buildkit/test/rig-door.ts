import type { SharedRigEngine } from '@dock/testing';
import { builderDoor } from '../../engine/src/build/builder-door.js';
import { EngineConnection } from '../../engine/src/transport/connection.js';
import { endpointOf } from '../../engine/test/engine-fixture.js';
import type { BuilderDoor } from '../src/control/open-control.js';

/** The ways to the BuildKit of an engine, as the engine's own package knows them. */
export function rigDoor(engine: Pick<SharedRigEngine, 'socketPath'>): BuilderDoor {
  return builderDoor(new EngineConnection(endpointOf(engine.socketPath)));
}
