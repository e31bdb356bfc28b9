import type { SharedRigEngine } from '@dock/testing';
import { builderDoor } from '../../engine/src/build/builder-door.js';
import { EngineConnection } from '../../engine/src/transport/connection.js';
import { endpointOf } from '../../engine/test/engine-fixture.js';
import type { BuilderDoor } from '../src/control/builder-door.js';

/** The ways to the BuildKit of an engine, as the engine's own package knows them. */
export function rigDoor(engine: Pick<SharedRigEngine, 'socketPath'>): BuilderDoor {
  return rigDoorOf(new EngineConnection(endpointOf(engine.socketPath)));
}

/** The same for a connection. */
export const rigDoorOf: (connection: EngineConnection) => BuilderDoor = builderDoor;
