import { createWriteStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type CheckoutContext, DockError, type DockPlugin, engineImage, type SourceContext } from '@dock/core';
import { createDirectoryTar } from '@dock/engine';
import { askImage } from './base-needs.js';
import { type BaseOrigin, takeBase } from './take-base.js';
import { copyInstalledDock } from './installed-dock.js';
import { installInstruction } from './install-packages.js';
import { fixedTime, setTimes } from './set-times.js';

/** What {@link buildImagePlugin} makes. */
export interface BuildImagePlan {
  readonly origin: BaseOrigin;
  readonly withEngine: boolean;
  readonly pull: boolean;
  readonly noCache: boolean | undefined;
  readonly network: string | undefined;
  /** Directory of the package with the command `dock`. */
  readonly program: string;
}

const name = 'dock:build-image';
/** The context: one archive, that of dock itself. */
const archive = 'dock.tar';

/** The source of a build image: a Dockerfile of four lines at most, and the archive that it adds; and the gate that holds the image to what it has to have. */
export function buildImagePlugin(plan: BuildImagePlan): DockPlugin {
  return {
    name,
    apply(dock) {
      dock.hooks.source.tap(name, async (_request, context) => {
        await writeContext(plan, context);
        return { kind: 'path', directory: context.workDir, contextDir: context.workDir };
      });
      dock.hooks.prebuild.tap(name, async (spec, { engine, signal }) => {
        const { hasBuildkit } = await engine.describe({ signal });
        // BuildKit since 0.11 takes the times of the image from it; the classic builder would warn of an argument that nobody uses.
        const buildArgs = hasBuildkit ? { SOURCE_DATE_EPOCH: String(fixedTime) } : {};
        return { ...spec, buildArgs };
      });
      dock.hooks.prepublish.tap(name, async (image, context) => {
        await checkImage(engineImage(image, 'A build image').id, plan, context);
        return undefined;
      });
    },
  };
}

async function writeContext(plan: BuildImagePlan, context: SourceContext): Promise<void> {
  const { engine, workDir, runId, signal, logger } = context;
  const base = await takeBase(plan, context);
  const facts = await askImage(engine, base, { withEngine: plan.withEngine, runId, signal });
  const install = installInstruction(base, facts);
  logger.info(facts.missing.length === 0 ? `The base has everything.` : `The base lacks ${facts.missing.join(', ')}.`);
  const tree = join(workDir, 'root');
  await mkdir(tree);
  await copyInstalledDock(plan.program, tree);
  await setTimes(tree);
  // Builders set the times of directories anew when they copy, and keep those of an archive.
  await pipeline(await createDirectoryTar(tree, signal), createWriteStream(join(workDir, archive)));
  await rm(tree, { recursive: true });
  const lines = [`FROM ${base}`, 'USER 0:0', ...(install === undefined ? [] : [install]), `ADD ${archive} /`, ''];
  await writeFile(join(workDir, 'Dockerfile'), lines.join('\n'));
  context.report({ base: plan.origin.kind === 'image' ? plan.origin.name : plan.origin.path, missing: facts.missing });
}

/** @throws GATE_FAILED when the packages of the base did not bring what was missing, or dock does not start */
async function checkImage(id: string, { withEngine }: BuildImagePlan, context: CheckoutContext): Promise<void> {
  const { engine, runId, signal } = context;
  const { missing, node, hasDock } = await askImage(engine, id, { withEngine, runId, signal });
  if (missing.length > 0) {
    const found = missing.includes('node') && node !== undefined ? ` Its Node is ${node}.` : '';
    throw new DockError('GATE_FAILED', `The build image still lacks ${missing.join(', ')}.${found}`, {
      hint: 'The packages of the base are too old or do not bring it; name another base with --base.',
    });
  }
  if (!hasDock) throw new DockError('GATE_FAILED', 'The command "dock" does not start in the build image.');
}
