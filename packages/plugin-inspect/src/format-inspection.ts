import type { BaseInspection, Inspection } from './inspection.js';

const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** `12.3 MB`: decimal units, as docker prints sizes. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Number(value.toPrecision(3)) >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${units[unit]}`;
}

/** A readable table of an inspection: lines without control characters, joined by `\n`, without one at the end. */
export function formatInspection({ image, bases }: Inspection, width = 100): string {
  const rows: [label: string, value: string][] = [
    ['image', image.id],
    ...(image.configDigest === image.id ? [] : [['config', image.configDigest] as [string, string]]),
    ...(image.platforms ?? [image]).map(({ platform }): [string, string] => ['platform', platform]),
    ['size', `${formatSize(image.size)} in ${image.layerCount} ${image.layerCount === 1 ? 'layer' : 'layers'}`],
    ...bases.map((base): [string, string] => ['base', describeBase(base)]),
  ];
  const add = (label: string, values: readonly string[], shown = values.join(', ')) => {
    if (values.length > 0) rows.push([label, shown]);
  };
  add('entrypoint', image.entrypoint, JSON.stringify(image.entrypoint));
  add('command', image.command, JSON.stringify(image.command));
  if (image.user !== '') rows.push(['user', image.user]);
  if (image.workingDir !== '') rows.push(['directory', image.workingDir]);
  add('ports', image.exposedPorts);
  add('env', image.env);
  for (const [name, value] of Object.entries(image.labels)) rows.push(['label', `${name}=${value}`]);
  for (const { size, createdBy } of image.layers) rows.push(['layer', `${formatSize(size).padStart(8)}  ${createdBy}`]);
  const digests = new Set(['image', 'config', 'base']);
  return rows
    .map(
      ([label, value]) => `${label.padEnd(12)}${digests.has(label) ? oneLine(value) : cut(oneLine(value), width - 12)}`,
    )
    .join('\n');
}

function describeBase({ text, use, takenFrom, digest, isLocalOnly, image }: BaseInspection): string {
  const origin = digest ?? (isLocalOnly === true ? 'local only' : undefined);
  const parts = [
    use === 'from' ? text : `${text} (${use})`,
    takenFrom === undefined ? undefined : `from ${takenFrom}`,
    origin,
    image === undefined ? undefined : formatSize(image.size),
  ];
  return parts.filter((part) => part !== undefined).join('  ');
}

/** What the image says may hold line ends and control characters; a table has none. */
function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, (run) => (run.startsWith('  ') && !/[^ ]/.test(run) ? run : ' '));
}

function cut(text: string, width: number): string {
  const characters = Array.from(text);
  return characters.length > width ? `${characters.slice(0, width - 1).join('')}…` : text;
}
