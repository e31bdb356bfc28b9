import { type BuildOptions, type BuildOutput, type BuildSpec, DockError, formatImageReference } from '@dock/core';
import { type FileOutput, fileOutputs, imageForm, makesImage, quotePath, warningEvent } from '@dock/core/internal';
import type { SendTarget } from '../session/filesend/file-send.js';
import { OutputFile } from '../session/filesend/output-file.js';
import type { ReceivedTree } from '../session/filesend/receive-tree.js';
import { WrittenEntries } from '../session/filesend/written-entries.js';
import { imageInEngine, type SolveOutput } from './solve-output.js';

/** Paths that are told of what is not made. */
const toldPaths = 100;

/** What a build writes here, from before the request until it is whole. */
export interface BuildOutputs {
  /** For the request. The image comes last: of several answers builders keep the last one. */
  readonly exporters: readonly SolveOutput[];
  /** The builder says that it is done. @throws DAEMON_PROTOCOL for an output that it has not sent; OUTPUT_FAILED, DISK_FULL */
  readonly finish: (response: Readonly<Record<string, string>>) => void;
  /**
   * The build is asked for again, and nothing is on its way any more: take away what came of it so far.
   *
   * @param why What the builder said
   * @throws OUTPUT_FAILED where bytes are gone that cannot be taken back
   */
  readonly again: (why: string) => void;
  /** Leave nothing of what is not whole. */
  readonly drop: () => void;
}

interface OpenOutput {
  readonly exporter: SolveOutput;
  /** `undefined` while it is not whole. */
  readonly receipt: () => BuildOutput | undefined;
  readonly again: (why: string) => void;
  readonly file?: OutputFile;
}

/**
 * The outputs of a spec as exporters.
 *
 * @param images How the image is made, where one is.
 */
export function openOutputs(
  spec: BuildSpec,
  images: readonly SolveOutput[] = [imageInEngine],
  options: BuildOptions = {},
): BuildOutputs {
  const opened = fileOutputs(spec.outputs).map((output) =>
    output.type === 'local' ? directoryOutput(output, options) : byteOutput(output, spec, options),
  );
  const form = imageForm(spec.outputs);
  const made = makesImage(spec.outputs) ? images.map((each) => ({ ...each, attrs: { ...form, ...each.attrs } })) : [];
  return {
    exporters: [...opened.map(({ exporter }) => exporter), ...made],
    finish: (response) => {
      const receipts = opened.map(({ receipt, exporter }) => {
        const whole = receipt();
        if (whole !== undefined) return whole;
        throw new DockError(
          'DAEMON_PROTOCOL',
          `The builder ended the build and has not sent its output "${exporter.type}".`,
        );
      });
      for (const { file } of opened) file?.finish();
      const isOnlyImage = made.length === 0 && receipts.filter(isImage).length === 1;
      for (const receipt of receipts)
        options.onOutput?.(isOnlyImage && isImage(receipt) ? { ...receipt, ...digestsOf(response) } : receipt);
    },
    again: (why) => {
      for (const output of opened) output.again(why);
    },
    drop: () => {
      for (const { file } of opened) file?.drop();
    },
  };
}

const isImage = ({ type }: BuildOutput): boolean => type === 'oci' || type === 'docker';

function digestsOf(response: Readonly<Record<string, string>>): Pick<BuildOutput, 'digest' | 'configDigest'> {
  const { 'containerimage.digest': digest, 'containerimage.config.digest': configDigest } = response;
  return { ...(digest === undefined ? {} : { digest }), ...(configDigest === undefined ? {} : { configDigest }) };
}

function directoryOutput({ dest, attrs }: FileOutput, { onEvent }: BuildOptions): OpenOutput {
  const trees: ReceivedTree[] = [];
  const written = new WrittenEntries();
  const target: SendTarget = { kind: 'directory', path: dest, onTree: (tree) => trees.push(tree), written };
  return {
    exporter: { type: 'local', attrs, target },
    again: () => {
      trees.length = 0;
      written.clear(dest);
    },
    receipt: () => {
      if (trees.length === 0) return undefined;
      const sum = (of: (tree: ReceivedTree) => number): number => trees.reduce((total, tree) => total + of(tree), 0);
      const leftOut = trees.flatMap((tree) => tree.leftOut);
      const unprivileged = sum((tree) => tree.unprivileged);
      if (leftOut.length > 0)
        onEvent?.(
          warningEvent(
            `${leftOut.length} devices, pipes or sockets of the build are not made in "${dest}": ${leftOut.slice(0, 5).join(', ')}${leftOut.length > 5 ? ', …' : ''}`,
            'Write an archive, which has them: type=tar.',
          ),
        );
      if (unprivileged > 0)
        onEvent?.(
          warningEvent(
            `${unprivileged} files in "${dest}" were written without their set-user-ID or set-group-ID bits`,
            'Write an archive, which has them: type=tar.',
          ),
        );
      return {
        type: 'local',
        dest,
        files: sum(({ files }) => files),
        bytes: sum(({ bytes }) => bytes),
        ...(leftOut.length === 0 ? {} : { leftOut: leftOut.slice(0, toldPaths) }),
      };
    },
  };
}

function byteOutput(
  { type, dest, attrs }: FileOutput,
  spec: BuildSpec,
  { openStandardOutput }: BuildOptions,
): OpenOutput {
  let whole: number | undefined;
  let isBegun = false;
  const file = dest === '-' ? undefined : new OutputFile(dest);
  const names = type === 'tar' ? [] : namesOf(spec, attrs['name']);
  const open = () => {
    const stream = file?.open() ?? openStandardOutput?.();
    if (stream === undefined) throw new DockError('INVALID_OPTION', 'This build has no standard output to give.');
    return stream;
  };
  return {
    exporter: {
      type,
      attrs: { ...attrs, ...(names.length === 0 ? {} : { name: names.join(',') }) },
      target: {
        kind: 'bytes',
        name: dest,
        open,
        onBytes: () => (isBegun = true),
        onWhole: (bytes) => (whole = bytes),
      },
    },
    again: (why) => {
      if (isBegun && file?.isReplaceable !== true) throw sentTwice(dest, why);
      whole = undefined;
      isBegun = false;
      file?.drop();
    },
    receipt: () =>
      whole === undefined ? undefined : { type, dest, bytes: whole, ...(names.length === 0 ? {} : { names }) },
    ...(file === undefined ? {} : { file }),
  };
}

function sentTwice(dest: string, why: string): DockError {
  const place = dest === '-' ? 'standard output' : quotePath(dest);
  return new DockError(
    'OUTPUT_FAILED',
    `The builder has to be asked for this build again (${why}), and ${place} has a part of its output already, which cannot be taken back.`,
    { hint: 'Run it again, or write the output to a file (dest=FILE): that is begun anew.', details: { path: dest } },
  );
}

/** An archive has the names that the run gives to an image, and its own. */
function namesOf({ references }: BuildSpec, own: string | undefined): readonly string[] {
  const given = references
    .filter(({ isPublishOnly }) => isPublishOnly !== true)
    .map((each) => formatImageReference(each));
  return [...new Set([...given, ...(own?.split(',') ?? [])])].filter((name) => name !== '');
}
