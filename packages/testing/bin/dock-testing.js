#!/usr/bin/env node
import { existsSync } from 'node:fs';

const entry = new URL('../dist/cli.js', import.meta.url);
if (existsSync(entry)) {
  const { runCommandLine } = await import(entry.href);
  process.exitCode = await runCommandLine(process.argv.slice(2));
} else {
  process.stderr.write('dock-testing is not built: "dist" is missing.\nRun "npm run build" in the repository first.\n');
  process.exitCode = 2;
}
