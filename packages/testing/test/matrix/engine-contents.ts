import { baseImage, engineRequest, type RigEngine } from '@dock/testing';

/** Everything in an engine that a run could leave or take away: kind and ID, or name. */
export async function contentsOf(engine: RigEngine): Promise<ReadonlySet<string>> {
  const get = async (path: string) => (await engineRequest(engine.socketPath, 'GET', path)).json();
  const containers = (await get('/containers/json?all=1')) as { readonly Id: string }[];
  const volumes = (await get('/volumes')) as { readonly Volumes: { readonly Name: string }[] | null };
  const networks = (await get('/networks')) as { readonly Id: string; readonly Name: string }[];
  const images = (await get('/images/json')) as { readonly RepoTags: string[] | null }[];
  return new Set([
    ...containers.map(({ Id }) => `container ${Id}`),
    ...(volumes.Volumes ?? []).map(({ Name }) => `volume ${Name}`),
    // An engine that is started again makes its own networks anew.
    ...networks.map(({ Id, Name }) => `network ${['bridge', 'host', 'none'].includes(Name) ? Name : Id}`),
    ...images.flatMap(({ RepoTags }) => (RepoTags ?? []).map((name) => `name ${name}`)),
  ]);
}

/** Labels as a run on another machine has them. */
const labelsOfAnother = {
  'io.dock.run': '20260101t000000-0f0e0d0c',
  'io.dock.role': 'build-container',
  'io.dock.machine': '00000000000000000000000000000001',
  'io.dock.boot': '00000000-0000-4000-8000-000000000001',
  'io.dock.pidns': 'pid:[1]',
  'io.dock.pid': '999999999',
  'io.dock.start': '1',
};

/** Put into an engine what no gc may touch: somebody's own image, container and volume, and those of a run on another machine. */
export async function addForeign(engine: RigEngine): Promise<void> {
  const { reference } = await baseImage(engine, { name: 'somebody/image:1' });
  for (const labels of [{}, labelsOfAnother]) {
    const made = [
      await engineRequest(engine.socketPath, 'POST', '/volumes/create', { Labels: labels }),
      await engineRequest(engine.socketPath, 'POST', '/containers/create', {
        Image: reference,
        Cmd: ['true'],
        Labels: labels,
      }),
    ];
    for (const { status, text } of made) if (status !== 201) throw new Error(`The engine answered ${status}: ${text}`);
  }
}
