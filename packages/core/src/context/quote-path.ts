/** A path in double quotes with every control character, quote and lone surrogate escaped: safe on a terminal and in a log. */
export function quotePath(path: string): string {
  return JSON.stringify(path).replaceAll(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
