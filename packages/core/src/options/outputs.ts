import type { BuildRequest } from '../contracts/build-request.js';
import { isTrue, type OutputEntry, outputText, readOutput } from './output-entry.js';

/** An output that is written here. */
export interface FileOutput extends OutputEntry {
  readonly type: 'local' | 'tar' | 'oci' | 'docker';
  readonly dest: string;
}

type Outputs = readonly string[] | undefined;

/** Those that are outputs: what is none is refused by the checks of the request. */
function entriesOf(outputs: Outputs): readonly OutputEntry[] {
  return (outputs ?? []).flatMap((text) => {
    const entry = readOutput(text);
    return 'fault' in entry ? [] : [entry];
  });
}

function isFile(entry: OutputEntry): entry is FileOutput {
  return entry.dest !== undefined;
}

/** The outputs that are written here, in their order. */
export function fileOutputs(outputs: Outputs): readonly FileOutput[] {
  return entriesOf(outputs).filter(isFile);
}

/** Outputs with other paths. */
export function withOutputPaths(outputs: readonly string[], change: (path: string) => string): readonly string[] {
  return outputs.map((text) => {
    const entry = readOutput(text);
    if ('fault' in entry || entry.dest === undefined || entry.dest === '-') return text;
    return outputText({ ...entry, dest: change(entry.dest) });
  });
}

/** Whether the build makes an image: nothing else is asked for, or one is asked for beside. */
export function makesImage(outputs: Outputs): boolean {
  const entries = entriesOf(outputs);
  return entries.length === 0 || entries.some((entry) => !isFile(entry));
}

/** How the image of the run is to be written: what exporters are told of it. */
export function imageForm(outputs: Outputs): Readonly<Record<string, string>> {
  const images = entriesOf(outputs).filter((entry) => !isFile(entry));
  const {
    name: _name,
    push: _push,
    ...form
  } = Object.assign({}, ...images.map(({ attrs }) => attrs)) as Record<string, string>;
  return form;
}

/** What the outputs of a request ask of the run itself. */
export interface ImageWishes<Request> {
  /** With the names of images among its tags; of its outputs that are the image of the run, at most one `type=image` is left, which says its form. */
  readonly request: Request;
  /** Publish the image under its names. */
  readonly push: boolean;
}

/**
 * The outputs `image` and `registry`, and `docker` without a file, are the image of the run: it is named when its gates are passed, and `push()` publishes it.
 * So they become names, a wish to publish, or one to have it in the engine.
 *
 * @param isPublishing Whether publishing is asked for in another way: then there is an image beside every other output.
 */
export function withImageWishes<Request extends BuildRequest>(
  request: Request,
  isPublishing: boolean,
): ImageWishes<Request> {
  const entries = entriesOf(request.outputs);
  // The checks of the request say which one is none.
  if (entries.length < (request.outputs ?? []).length) return { request, push: false };
  const images = entries.filter((entry) => !isFile(entry));
  const pushed = images.filter(({ type, attrs }) =>
    attrs['push'] === undefined ? type === 'registry' : isTrue(attrs['push']),
  );
  const hasImage = images.length > 0 || request.load === true || isPublishing;
  const form = imageForm(request.outputs);
  const files = entries.filter(isFile).map(outputText);
  const isSaid = hasImage && (files.length > 0 || Object.keys(form).length > 0);
  const { outputs: _outputs, ...rest } = request;
  const outputs = [...files, ...(isSaid ? [outputText({ type: 'image', attrs: form })] : [])];
  const names = images.flatMap(({ attrs }) => attrs['name']?.split(',') ?? []).filter((name) => name !== '');
  const tags = [...new Set([...(request.tags ?? []), ...names])];
  return {
    request: {
      ...(rest as Request),
      ...(outputs.length === 0 ? {} : { outputs }),
      ...(tags.length === 0 ? {} : { tags }),
      ...(images.length > pushed.length ? { load: true } : {}),
    },
    push: pushed.length > 0,
  };
}
