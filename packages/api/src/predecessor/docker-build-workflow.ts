import type { BuildResult, HookName, JsonValue } from '@dock/core';
import { type BuildImageHereParameters, buildImageHere } from '../build-image-here.js';
import { readSurroundings } from '../run/surroundings.js';
import { InsideBuilder } from './inside-builder.js';
import { loadPlugins, type PluginsConfig } from './plugin-files.js';
import { createRunLog } from './run-log.js';

/** Parameters of {@link DockerBuildWorkflow}. */
export interface DockerBuildWorkflowParameters extends Omit<BuildImageHereParameters, 'plugins'> {
  /** Options of plugins that work before the build, by plugin name. */
  readonly prebuildPlugins?: PluginsConfig;
  /** Options of gates, by plugin name. */
  readonly prepublishPlugins?: PluginsConfig;
  /** Options of plugins that work after the build, by plugin name. */
  readonly postbuildPlugins?: PluginsConfig;
  /** Modules whose default export is a plugin or a factory of one; options are found under the file's base name. */
  readonly pluginFiles?: readonly string[];
}

/** What plugins reported, by name. */
export type PluginResults = Readonly<Record<string, JsonValue>>;

/** The predecessor's workflow: pull the base, fetch the source, build, gate, name, push; one run of the pipeline. */
export class DockerBuildWorkflow {
  readonly gitUrl: string;
  readonly image: string;
  readonly gitDockerfilePath: string | undefined;
  readonly gitCommit: string | undefined;
  readonly parentRegistry: string | undefined;
  readonly targetRegistries: readonly string[];
  readonly prebuildPluginsConf: PluginsConfig;
  readonly prepublishPluginsConf: PluginsConfig;
  readonly postbuildPluginsConf: PluginsConfig;
  readonly pluginFiles: readonly string[];
  /** Everything else that the constructor was given. */
  readonly kwargs: Omit<
    DockerBuildWorkflowParameters,
    'gitUrl' | 'image' | 'prebuildPlugins' | 'prepublishPlugins' | 'postbuildPlugins' | 'pluginFiles'
  >;
  /** For plugins that add package repositories. */
  readonly repos: Record<string, unknown> = {};
  /** Step by step access to what was built. */
  readonly builder: InsideBuilder;
  buildLogs: readonly string[] = [];
  prebuildResults: PluginResults = {};
  postbuildResults: PluginResults = {};

  constructor(parameters: DockerBuildWorkflowParameters) {
    const { prebuildPlugins, prepublishPlugins, postbuildPlugins, pluginFiles, gitUrl, image, ...kwargs } = parameters;
    this.gitUrl = gitUrl;
    this.image = image;
    this.gitDockerfilePath = kwargs.gitDockerfilePath;
    this.gitCommit = kwargs.gitCommit;
    this.parentRegistry = kwargs.parentRegistry;
    this.targetRegistries = kwargs.targetRegistries ?? [];
    this.prebuildPluginsConf = prebuildPlugins ?? {};
    this.prepublishPluginsConf = prepublishPlugins ?? {};
    this.postbuildPluginsConf = postbuildPlugins ?? {};
    this.pluginFiles = pluginFiles ?? [];
    this.kwargs = kwargs;
    this.builder = new InsideBuilder(builderParameters(parameters));
  }

  /**
   * Run the workflow. What the run meets is in the result.
   *
   * @throws CONFIG_INVALID for an argument of a wrong type; PLUGIN_NOT_FOUND, PLUGIN_INVALID for plugins that cannot be loaded
   */
  async buildDockerImage(): Promise<BuildResult> {
    const { kwargs, gitUrl, image } = this;
    const log = createRunLog(kwargs.onEvent);
    const { env, cwd } = readSurroundings(kwargs);
    const own = await loadPlugins(
      this.pluginFiles,
      [this.prebuildPluginsConf, this.prepublishPluginsConf, this.postbuildPluginsConf],
      cwd,
    );
    const { pullBase } = await import('@dock/plugin-pull-base');
    const { inspect } = await import('@dock/plugin-inspect');
    const { parentRegistry, ...others } = kwargs;
    const has = (name: string) => own.some((plugin) => plugin?.name === name);
    const plugins = [
      ...(has('pull-base') ? [] : [pullBase(parentRegistry === undefined ? {} : { parentRegistry })]),
      ...own,
      ...(has('inspect') ? [] : [inspect()]),
    ];
    // Beside a pull-base plugin with options of its own it is refused, as everywhere.
    const rest = has('pull-base') ? kwargs : others;
    const result = await buildImageHere({ ...rest, env, cwd, gitUrl, image, plugins, onEvent: log.onEvent });
    this.buildLogs = log.lines;
    this.prebuildResults = reportsOf(result, ['prebuild']);
    this.postbuildResults = reportsOf(result, ['postbuild', 'push']);
    this.builder.imageId = result.image?.id;
    this.builder.lastLogs = log.lines;
    return result;
  }
}

function builderParameters(parameters: DockerBuildWorkflowParameters) {
  const { gitUrl, image, gitDockerfilePath, gitCommit, allowedSchemes, host, context, env, cwd, stateDir } = parameters;
  return {
    gitUrl,
    image,
    ...(gitDockerfilePath === undefined ? {} : { gitDockerfilePath }),
    ...(gitCommit === undefined ? {} : { gitCommit }),
    ...(allowedSchemes === undefined ? {} : { allowedSchemes }),
    ...(host === undefined ? {} : { host }),
    ...(context === undefined ? {} : { context }),
    ...(env === undefined ? {} : { env }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(stateDir === undefined ? {} : { stateDir }),
  };
}

function reportsOf(result: BuildResult, hooks: readonly HookName[]): PluginResults {
  const entries = result.plugins.flatMap(({ plugin, hook, value }): [string, JsonValue][] =>
    value === undefined || !hooks.includes(hook) ? [] : [[plugin, value]],
  );
  return Object.fromEntries(entries);
}
