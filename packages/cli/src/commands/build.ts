import { join, resolve } from 'node:path';
import { chooseRunner, runBuild, tempDirectory } from '@dock/api';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { configFlags, engineFlags, methodFlags, outputFlags, repeated } from '../command/common-flags.js';
import { DockCommand } from '../command/dock-command.js';
import { loadConfig } from '../config/load-config.js';
import { unreadConfig } from '../config/unread-config.js';
import { prepareBuild } from '../request/build-request.js';
import { readStandardInput } from '../request/read-standard-input.js';
import { containerFlagDefinitions, containerOptions } from '../request/container-flags.js';
import { dockerFlagDefinitions, dockerFlagNotices } from '../request/docker-flags.js';
import { impliedValues, optionFlagDefinitions } from '../request/option-flag-definitions.js';
import { checkStandardOutput } from '../request/check-standard-output.js';
import { runByFlags } from '../run/run-by-flags.js';

/** How the source is called. */
const sourceWord = 'PATH | URL | -';

export default class Build extends DockCommand {
  static override readonly summary =
    'Build an image from a directory or a git repository, and publish it when asked to';
  static override readonly description =
    'Without a config file, dock pulls the base images, builds, names the image and describes it. Nothing is published unless you ask for it, with --push, ' +
    '--target-registry or a push() plugin in the config. Flags win over the config.';
  static override readonly usage = `build [${sourceWord}] [FLAGS]`;
  static override readonly examples = [
    'dock build . --tag hello:dev',
    'dock build . --tag registry.example.com/team/hello:1.0 --push',
    "dock build 'https://git.example.com/team/hello.git#v1.0:services/hello' --tag registry.example.com/team/hello:1.0 --push",
    'dock build . --tag hello:1.0 --target-registry a.example.com --target-registry b.example.com/mirror',
    'dock build . --output out',
    'dock build . --output type=oci,dest=hello.tar --tag hello:1.0',
    'dock build . --json > result.json',
  ];
  static override readonly args = {
    [sourceWord]: Args.string({
      description:
        "Directory with a Dockerfile, git URL with optional #ref:subdirectory, or - for a Dockerfile on standard input [default: the config's source, else the config file's directory, else .]",
      ignoreStdin: true,
    }),
  };
  static override readonly flags = {
    tag: repeated({
      char: 't',
      description: 'Name of the image; may be repeated',
      helpValue: 'NAME[:TAG]',
      helpGroup: 'IMAGE',
    }),
    ...optionFlagDefinitions,
    ...dockerFlagDefinitions,
    'git-commit': Flags.string({
      description: 'Branch, tag or commit of a git source; wins over the one in the URL',
      helpValue: 'REF',
      helpGroup: 'SOURCE',
    }),
    'git-scheme': repeated({
      description: 'Git scheme to allow beyond https and ssh, as http; may be repeated',
      helpValue: 'SCHEME',
      helpGroup: 'SOURCE',
    }),
    'git-credentials': Flags.string({
      description: "Ask git's own credential helpers, or ~/.netrc, for the host of the source",
      helpValue: 'helper|netrc',
      options: ['helper', 'netrc'],
      helpGroup: 'SOURCE',
    }),
    'no-submodules': Flags.boolean({
      description: 'Leave the submodules of a git source out',
      helpGroup: 'SOURCE',
    }),
    'parent-registry': Flags.string({
      description: 'Registry to take the base images from',
      helpValue: 'HOST',
      helpGroup: 'SOURCE',
    }),
    push: Flags.boolean({ description: 'Publish the image under its tags', helpGroup: 'PUBLISH' }),
    'no-push': Flags.boolean({ description: 'Publish nothing, whatever else is asked for', helpGroup: 'PUBLISH' }),
    ...methodFlags,
    ...containerFlagDefinitions,
    ...configFlags,
    ...engineFlags,
    ...outputFlags,
    iidfile: Flags.string({ description: 'Write the image ID to a file', helpValue: 'FILE', helpGroup: 'OUTPUT' }),
  };

  protected override readonly impliedValues = impliedValues;

  async run(): Promise<void> {
    const { args, flags: given } = await this.parse(Build, this.words);
    const flags = this.withDenied(given);
    const { surroundings } = this;
    const source = args[sourceWord];
    const notices = dockerFlagNotices(flags);
    let configFile: string | undefined;
    let isDenied = false;
    await runByFlags(
      async (options) => {
        const input = await readStandardInput({ source, file: flags.file }, process.stdin, {
          signal: options.signal,
          prefix: () => join(tempDirectory(surroundings), `${options.runId}-`),
        });
        return runBuild(async (warn) => {
          for (const message of notices) warn({ message });
          const loaded = await loadConfig(flags, surroundings);
          configFile = loaded?.file;
          if (loaded === undefined && flags['no-config'] !== true) {
            const unread = unreadConfig(surroundings.cwd, resolve(surroundings.cwd, source ?? '.'));
            if (unread !== undefined) warn(unread);
          }
          const prepared = prepareBuild({
            source,
            flags,
            ...(input === undefined ? {} : { input }),
            cwd: surroundings.cwd,
            env: surroundings.env,
            ...(loaded === undefined ? {} : { config: loaded.config, configFile: loaded.file }),
          });
          checkStandardOutput(prepared.request, flags.json, process.stdout.isTTY);
          isDenied = prepared.request.publish === false;
          const runner = await chooseRunner({
            runner: prepared.runner,
            method: flags.method,
            options: containerOptions(flags),
          });
          return { ...prepared, ...(runner === undefined ? {} : { runner }) };
        }, options);
      },
      flags,
      surroundings,
      this.write,
      (result) =>
        configFile === undefined || isDenied || result.image === undefined || result.publishedState !== 'none'
          ? undefined
          : `Nothing was published: no plugin of "${configFile}" publishes. Add push() to its plugins, or pass --push.`,
    );
  }
}
