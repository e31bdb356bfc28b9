import * as Flags from '@oclif/core/flags';
import { progressModes } from '../progress/create-progress.js';

/** A flag that may be given several times, each with one value. */
export function repeated(options: {
  readonly char?: 'c' | 't' | 'f' | 'm' | 'o';
  readonly description: string;
  readonly helpValue?: string;
  readonly helpGroup: string;
}) {
  return Flags.string({ ...options, multiple: true, multipleNonGreedy: true });
}

/** Flags that say which engine. */
export const engineFlags = {
  host: Flags.string({
    char: 'H',
    description: 'Engine to use: unix:///path or tcp://host:port',
    helpValue: 'URL',
    helpGroup: 'ENGINE',
  }),
  context: Flags.string({
    description: 'Docker context to use',
    helpValue: 'NAME',
    helpGroup: 'ENGINE',
    exclusive: ['host'],
  }),
};

/** Flags that say where the pipeline runs. */
export const methodFlags = {
  method: Flags.option({ options: ['here', 'host-docker', 'privileged'] as const })({
    description:
      "Where the pipeline runs: in this process, or in a build container [default: the config's runner, or here]",
    helpGroup: 'RUNNER',
  }),
};

/** Flag of every command. */
export const jsonFlag = {
  json: Flags.boolean({ description: 'Print one JSON document on standard output', helpGroup: 'OUTPUT' }),
};

/** Flags of commands that run something. */
export const outputFlags = {
  ...jsonFlag,
  quiet: Flags.boolean({
    char: 'q',
    description: 'Show no progress and print the image ID only',
    helpGroup: 'OUTPUT',
  }),
  progress: Flags.option({ options: progressModes })({
    description: 'How progress is shown on standard error; rawjson is the event stream',
    default: 'auto',
    helpGroup: 'OUTPUT',
  }),
  'metadata-file': Flags.string({
    description: 'Write the result to a file, with the keys of buildx too',
    helpValue: 'FILE',
    helpGroup: 'OUTPUT',
  }),
};

/** Flags that say which config. */
export const configFlags = {
  config: Flags.string({
    description: 'Config file [default: dock.config.{ts,mts,js,mjs} in the working directory]',
    helpValue: 'FILE',
    helpGroup: 'CONFIG',
  }),
  'no-config': Flags.boolean({
    description: 'Use no config file',
    helpGroup: 'CONFIG',
    exclusive: ['config'],
  }),
};
