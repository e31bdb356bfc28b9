import type { BuilderChoice } from '../contracts/request-options.js';
import type { Dockerfile, Instruction } from './dockerfile.js';
import { platformArgNames, platformArgs } from './platform-args.js';
import { expandWord } from './shell-word.js';

/** What the variables of a Dockerfile depend on. */
export interface BuildVariables {
  /** @default {} */
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** Name of the stage to build. @default the last stage */
  readonly target?: string;
  /** `os/arch[/variant]` of the image. @default not known: what depends on it is unresolved */
  readonly targetPlatform?: string;
  /** `os/arch[/variant]` of the engine. @default not known */
  readonly buildPlatform?: string;
  /** The classic builder predefines no platform arguments and builds every stage up to the target. @default 'auto', which is BuildKit */
  readonly builder?: BuilderChoice;
}

/** A text after its variables were expanded, or why it cannot be known. */
export type Resolved = { readonly text: string } | { readonly reason: string };

/** The variables at one place of a Dockerfile. */
export class BuildEnvironment {
  readonly #escape: string;
  readonly #buildArgs: ReadonlyMap<string, string>;
  readonly #values: Map<string, string>;
  /** Why the value of a name cannot be known. */
  readonly #unknown: Map<string, string>;
  /** Why a name that is not set here may be set all the same. */
  readonly #rest: string | undefined;

  private constructor(
    escape: string,
    buildArgs: ReadonlyMap<string, string>,
    values: Map<string, string>,
    unknown: Map<string, string>,
    rest: string | undefined,
  ) {
    this.#escape = escape;
    this.#buildArgs = buildArgs;
    this.#values = values;
    this.#unknown = unknown;
    this.#rest = rest;
  }

  /** The variables that FROM sees: the predefined ones and the ARGs before the first FROM. Rule: BuildKit's `defaultArgs` and `buildMetaArgs`. */
  static global(
    dockerfile: Pick<Dockerfile, 'escape' | 'globalArgs' | 'stages'>,
    variables: BuildVariables,
  ): BuildEnvironment {
    const buildArgs = new Map(Object.entries(variables.buildArgs ?? {}));
    const environment = new BuildEnvironment(dockerfile.escape, buildArgs, new Map(), new Map(), undefined);
    if (variables.builder !== 'classic') {
      environment.#predefine('TARGET', variables.targetPlatform);
      environment.#predefine('BUILD', variables.buildPlatform);
      environment.#values.set('TARGETSTAGE', variables.target ?? dockerfile.stages.at(-1)?.name ?? 'default');
      for (const name of [...environment.#values.keys(), ...environment.#unknown.keys()])
        environment.#takeBuildArg(name);
    }
    for (const instruction of dockerfile.globalArgs) environment.#declare(instruction, undefined);
    return environment;
  }

  /**
   * A copy for the inside of a stage.
   * @param values what is set there from the start
   * @param rest why other names may be set; undefined when they are not
   */
  static stage(
    global: BuildEnvironment,
    values: ReadonlyMap<string, string>,
    rest: string | undefined,
  ): BuildEnvironment {
    return new BuildEnvironment(global.#escape, global.#buildArgs, new Map(values), new Map(), rest);
  }

  /** A copy that goes its own way from here. */
  copy(): BuildEnvironment {
    return new BuildEnvironment(
      this.#escape,
      this.#buildArgs,
      new Map(this.#values),
      new Map(this.#unknown),
      this.#rest,
    );
  }

  /** Expands a text. */
  resolve(text: string): Resolved {
    const expanded = expandWord(text, this.#values, { escape: this.#escape });
    if ('fault' in expanded) return { reason: `"${text}" cannot be expanded: ${expanded.fault}` };
    for (const name of expanded.unset) {
      const reason = this.#unknown.get(name) ?? this.#rest;
      if (reason !== undefined) return { reason: `the value of "${name}" is not known: ${reason}` };
    }
    return { text: expanded.text };
  }

  /** Applies an ENV or ARG of a stage; other instructions change nothing. */
  apply(instruction: Pick<Instruction, 'keyword' | 'args'>, global: BuildEnvironment): void {
    if (instruction.keyword === 'ARG') this.#declare(instruction, global);
    if (instruction.keyword !== 'ENV') return;
    const changes: [Resolved, Resolved][] = [];
    for (let at = 0; at + 1 < instruction.args.length; at += 3) {
      changes.push([this.resolve(instruction.args[at] ?? ''), this.resolve(instruction.args[at + 1] ?? '')]);
    }
    for (const [name, value] of changes) if ('text' in name) this.#set(name.text, value);
  }

  #declare(instruction: Pick<Instruction, 'args'>, global: BuildEnvironment | undefined): void {
    for (const word of instruction.args) {
      const equals = word.indexOf('=');
      const name = equals === -1 ? word : word.slice(0, equals);
      if (this.#takeBuildArg(name)) continue;
      if (equals !== -1) this.#set(name, this.resolve(word.slice(equals + 1)));
      else if (global !== undefined) this.#inherit(name, global);
    }
  }

  #inherit(name: string, global: BuildEnvironment): void {
    const value = global.#values.get(name);
    const reason = global.#unknown.get(name);
    if (value !== undefined) this.#set(name, { text: value });
    else if (reason !== undefined) this.#set(name, { reason });
  }

  #takeBuildArg(name: string): boolean {
    const value = this.#buildArgs.get(name);
    if (value !== undefined) this.#set(name, { text: value });
    return value !== undefined;
  }

  #set(name: string, value: Resolved): void {
    this.#values.delete(name);
    this.#unknown.delete(name);
    if ('text' in value) this.#values.set(name, value.text);
    else this.#unknown.set(name, value.reason);
  }

  #predefine(prefix: 'TARGET' | 'BUILD', platform: string | undefined): void {
    if (platform === undefined) {
      for (const name of platformArgNames(prefix))
        this.#unknown.set(
          name,
          `it depends on the ${prefix === 'TARGET' ? 'target platform' : 'platform of the engine'}`,
        );
      return;
    }
    for (const [name, value] of platformArgs(prefix, platform)) if (value !== '') this.#values.set(name, value);
  }
}
