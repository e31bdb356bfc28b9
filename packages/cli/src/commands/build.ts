import { chooseRunner, runBuild } from '@dock/api';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { configFlags, engineFlags, methodFlags, outputFlags, repeated } from '../command/common-flags.js';
import { DockCommand } from '../command/dock-command.js';
import { loadConfig } from '../config/load-config.js';
import { prepareBuild } from '../request/build-request.js';
import { runByFlags } from '../run/run-by-flags.js';

export default class Build extends DockCommand {
  static override readonly summary =
    'Build an image from a directory or a git repository, and publish it when asked to';
  static override readonly description =
    'Without a config file, dock pulls the base images, builds, names the image and describes it. Nothing is published unless you ask for it, with --push, ' +
    '--target-registry or a push() plugin in the config. Flags win over the config.';
  static override readonly usage = 'build [PATH | GIT_URL] [FLAGS]';
  static override readonly examples = [
    'dock build . --tag hello:dev',
    'dock build . --tag registry.example.com/team/hello:1.0 --push',
    "dock build 'https://git.example.com/team/hello.git#v1.0:services/hello' --tag registry.example.com/team/hello:1.0 --push",
    'dock build . --tag hello:1.0 --target-registry a.example.com --target-registry b.example.com/mirror',
    'dock build . --json > result.json',
  ];
  static override readonly args = {
    'PATH | GIT_URL': Args.string({
      description:
        "Directory with a Dockerfile, or git URL with optional #ref:subdirectory [default: the config's source, else the config file's directory, else .]",
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
    label: repeated({ description: 'Label of the image; may be repeated', helpValue: 'KEY=VALUE', helpGroup: 'IMAGE' }),
    file: Flags.string({
      char: 'f',
      description: 'Dockerfile [default: PATH/Dockerfile]; in a git repository, inside the context',
      helpValue: 'FILE',
      helpGroup: 'BUILD',
    }),
    'build-arg': repeated({
      description: 'Value of an ARG; without a value, the one of the environment variable; may be repeated',
      helpValue: 'KEY[=VALUE]',
      helpGroup: 'BUILD',
    }),
    target: Flags.string({ description: 'Stage to build [default: the last]', helpValue: 'STAGE', helpGroup: 'BUILD' }),
    platform: repeated({
      description: 'Platform to build for, os/arch[/variant]',
      helpValue: 'PLATFORM',
      helpGroup: 'BUILD',
    }),
    builder: Flags.option({ options: ['auto', 'buildkit', 'classic'] as const })({
      description: 'Build backend [default: auto, BuildKit where the engine has it]',
      helpGroup: 'BUILD',
    }),
    'no-cache': Flags.boolean({ description: 'Build every step again', helpGroup: 'BUILD' }),
    pull: Flags.boolean({ description: 'Ask the registry for newer base images', helpGroup: 'BUILD' }),
    network: Flags.string({
      description: 'Network of RUN: default, none, host, or a name',
      helpValue: 'MODE',
      helpGroup: 'BUILD',
    }),
    'add-host': repeated({
      description: 'Extra line of /etc/hosts during the build; may be repeated',
      helpValue: 'HOST:IP',
      helpGroup: 'BUILD',
    }),
    'shm-size': Flags.string({ description: 'Size of /dev/shm, as 64m', helpValue: 'BYTES', helpGroup: 'BUILD' }),
    ulimit: repeated({
      description: 'Resource limit of RUN; may be repeated',
      helpValue: 'NAME=SOFT[:HARD]',
      helpGroup: 'BUILD',
    }),
    memory: Flags.string({
      char: 'm',
      description: 'Memory limit of RUN, as 512m (classic builder)',
      helpValue: 'BYTES',
      helpGroup: 'BUILD',
    }),
    'cache-from': repeated({
      description: 'Image to take cached layers from; may be repeated',
      helpValue: 'IMAGE',
      helpGroup: 'BUILD',
    }),
    secret: repeated({
      description: 'Secret for RUN --mount=type=secret, from a file or a variable; may be repeated',
      helpValue: 'id=ID[,src=FILE|,env=NAME]',
      helpGroup: 'BUILD',
    }),
    ssh: repeated({
      description: 'ssh agent for RUN --mount=type=ssh [socket: SSH_AUTH_SOCK]; may be repeated',
      helpValue: 'default|ID[=SOCKET]',
      helpGroup: 'BUILD',
    }),
    'trust-frontend': Flags.boolean({
      description: "Let a # syntax frontend that is not Docker's own have secrets, ssh and credentials",
      helpGroup: 'BUILD',
    }),
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
    'parent-registry': Flags.string({
      description: 'Registry to take the base images from',
      helpValue: 'HOST',
      helpGroup: 'SOURCE',
    }),
    push: Flags.boolean({ description: 'Publish the image under its tags', helpGroup: 'PUBLISH' }),
    'target-registry': repeated({
      description: 'Publish each tag to this registry; may be repeated',
      helpValue: 'HOST',
      helpGroup: 'PUBLISH',
    }),
    'no-push': Flags.boolean({ description: 'Publish nothing, whatever else is asked for', helpGroup: 'PUBLISH' }),
    ...methodFlags,
    ...configFlags,
    ...engineFlags,
    ...outputFlags,
    iidfile: Flags.string({ description: 'Write the image ID to a file', helpValue: 'FILE', helpGroup: 'OUTPUT' }),
  };

  async run(): Promise<void> {
    const { args, flags: given } = await this.parse(Build, this.words);
    const flags = this.withDenied(given);
    const { surroundings } = this;
    await runByFlags(
      (options) =>
        runBuild(async () => {
          const loaded = await loadConfig(flags, surroundings);
          const prepared = prepareBuild({
            source: args['PATH | GIT_URL'],
            flags,
            cwd: surroundings.cwd,
            env: surroundings.env,
            ...(loaded === undefined ? {} : { config: loaded.config, configFile: loaded.file }),
          });
          const runner = await chooseRunner({
            runner: prepared.runner,
            method: flags.method,
            options: {
              buildImage: flags['build-image'],
              pushBuildrootTo: flags['push-buildroot-to'],
              keep: flags.keep,
              load: flags.load,
            },
          });
          return { ...prepared, ...(runner === undefined ? {} : { runner }) };
        }, options),
      flags,
      surroundings,
      this.write,
    );
  }
}
