import { PassThrough } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { type BuildContainerProfile, exportScript, type ProfiledContainer } from '@dock/build-container';
import { type BuildResult, DockError, isDockError, loadedImageWarning, parseImageReference } from '@dock/core';

/** Bytes of an exporter's complaint that are kept. */
const complaintLimit = 4096;

/**
 * Bring the image out of the engine inside while the container is held open: its archive goes through a command's output straight into the host's engine. What
 * arrives must be the same image, by its configuration; only then it gets its names. The state file names it from before the first byte until the result does:
 * an engine that was sent a whole archive may take it in though nobody waits any more, and then a warning says so.
 */
export function createLoader(): Pick<BuildContainerProfile, 'whileHeld' | 'afterResult'> {
  let loadedId: string | undefined;
  let forget = (): void => undefined;
  const tellAndForget = ({ run }: ProfiledContainer, image: string, names: readonly string[]): void => {
    run.warn(loadedImageWarning({ image, names }, 'failed'));
    forget();
  };
  return {
    async whileHeld(container, { image, names = [] }) {
      if (image !== undefined) forget = noteLoaded(container, image.configDigest, names);
      const sent = { isWhole: false };
      loadedId = await transfer(container, sent).catch((error: unknown) => {
        if (sent.isWhole) tellAndForget(container, image?.configDigest ?? 'of the run', names);
        else forget();
        if (isDockError(error) && error.code === 'CANCELLED') throw error;
        const message = error instanceof Error ? error.message : String(error);
        const what = sent.isWhole ? 'It is not known whether the image was' : 'The image was not';
        throw new DockError('LOAD_FAILED', `${what} loaded into the host's engine: ${message}`, { cause: error });
      });
      if (loadedId === image?.configDigest) return;
      // A containerd store calls it something else.
      const forgetDigest = forget;
      forget = noteLoaded(container, loadedId, names);
      forgetDigest();
    },
    async afterResult(result, container) {
      await nameLoaded(result, loadedId, container).catch((error: unknown) => {
        // One that says what arrived says enough.
        if (!isDockError(error) || error.code !== 'LOAD_FAILED') tellAndForget(container, loadedId ?? '', result.names);
        else forget();
        throw error;
      });
      forget();
    },
  };
}

function noteLoaded({ run }: ProfiledContainer, image: string, names: readonly string[]): () => void {
  return run.note({ kind: 'loaded-image', image, names });
}

/** @param sent told once the archive was sent whole @returns the image ID in the host's engine */
async function transfer({ id, host, run }: ProfiledContainer, sent: { isWhole: boolean }): Promise<string> {
  const { signal } = run;
  const archive = new PassThrough();
  // Its faults are told by the two calls, which may have ended before anybody reads it.
  archive.on('error', () => undefined);
  const stop = new AbortController();
  const decoder = new StringDecoder('utf8');
  let complaint = '';
  /** Where the program cannot be started, the engine says why in place of its output. */
  let beginning = '';
  const exporting = host.containers
    .execStream(id, ['node', '-e', exportScript], {
      signal: AbortSignal.any([signal, stop.signal]),
      onOutput(stream, piece) {
        if (stream === 'stderr') complaint = (complaint + decoder.write(Buffer.from(piece))).slice(0, complaintLimit);
        else if (beginning === '') beginning = Buffer.from(piece).toString('utf8').slice(0, complaintLimit);
        if (stream === 'stderr') return undefined;
        // Nobody reads any more; its `close` has been.
        if (archive.destroyed) return undefined;
        if (!archive.write(piece)) return drained(archive);
        return undefined;
      },
    })
    .then((status) => {
      if (status !== 0)
        throw new Error(`its export ended with status ${status}: ${complaint.trim() || printable(beginning)}`);
      sent.isWhole = true;
      archive.end();
    });
  // An archive that is cut must not look like a whole one.
  exporting.catch((error: unknown) => archive.destroy(error as Error));
  const loading = host.containers.loadImage(archive, { signal });
  // Whichever fails first says why: the other one then only meets its end.
  const [, [loaded]] = await Promise.all([exporting, loading]).catch(async (error: unknown) => {
    archive.destroy();
    stop.abort();
    await Promise.allSettled([exporting, loading]);
    throw error;
  });
  if (loaded === undefined) throw new Error('the engine names no image');
  return loaded;
}

/** What was said in place of an archive. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- an archive has them, and words have not
  return /[\x00-\x08\x0e-\x1f\ufffd]/.test(text) || text.trim() === '' ? 'it said nothing' : text.trim();
}

/** A write waits until the other side has read, or is gone. */
function drained(archive: PassThrough): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      archive.off('drain', settle);
      archive.off('close', settle);
      resolve();
    };
    archive.on('drain', settle);
    archive.on('close', settle);
  });
}

/** @throws LOAD_FAILED when what arrived is another image */
async function nameLoaded(
  { image, names }: BuildResult,
  loadedId: string | undefined,
  { host, run }: ProfiledContainer,
): Promise<void> {
  const { signal } = run;
  if (loadedId === undefined || image === undefined) {
    throw new DockError('LOAD_FAILED', 'The image was not loaded: the run ended before its export.');
  }
  const loaded = await host.port.builtImage(loadedId, { signal });
  if (loaded.configDigest !== image.configDigest) {
    throw new DockError(
      'LOAD_FAILED',
      `The host's engine has "${loaded.configDigest}" and the engine inside built "${image.configDigest}".`,
    );
  }
  for (const name of names) await host.port.tagImage(loaded.id, parseImageReference(name), { signal });
  run.log('info', `The image is in the host's engine as "${loaded.id}".`, 'privileged');
}
