import type { Inspection } from './inspection.js';

/** `12.3 MB`: decimal units, as docker prints sizes. */
export function formatSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const shown = unit === 0 ? String(value) : Number(value.toPrecision(3)).toString();
  return `${shown} ${units[unit]}`;
}

function row(label: string, value: string): string {
  return `${label.padEnd(12)}${value}`;
}

function cut(text: string, width: number): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > width ? `${line.slice(0, width - 1)}…` : line;
}

/** A readable table of an inspection; lines without a line end. */
export function formatInspection({ image, bases }: Inspection, width = 100): string {
  const lines = [row('image', image.id), row('platform', image.platform), row('size', formatSize(image.size))];
  for (const base of bases) {
    const origin = base.digest ?? (base.isLocalOnly === true ? 'local only' : 'unknown');
    lines.push(
      row('base', `${base.text}  ${origin}${base.image === undefined ? '' : `  ${formatSize(base.image.size)}`}`),
    );
  }
  if (image.entrypoint.length > 0) lines.push(row('entrypoint', JSON.stringify(image.entrypoint)));
  if (image.command.length > 0) lines.push(row('command', JSON.stringify(image.command)));
  if (image.user !== '') lines.push(row('user', image.user));
  if (image.exposedPorts.length > 0) lines.push(row('ports', image.exposedPorts.join(', ')));
  for (const [name, value] of Object.entries(image.labels))
    lines.push(row('label', cut(`${name}=${value}`, width - 12)));
  for (const layer of image.layers)
    lines.push(row('layer', `${formatSize(layer.size).padStart(8)}  ${cut(layer.createdBy, width - 22)}`));
  return lines.join('\n');
}
