import picocolors from 'picocolors';

/** Functions that colour a text, or leave it alone. */
export type Colours = ReturnType<typeof picocolors.createColors>;

export function createColours(isEnabled: boolean): Colours {
  return picocolors.createColors(isEnabled);
}
