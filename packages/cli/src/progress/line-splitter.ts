/** Characters of a line that are shown as one; a longer one is shown in pieces. */
const longest = 16 * 1024;

/** Chunks of text as whole lines; a carriage return ends a line too. */
export class LineSplitter {
  #rest = '';
  #endedByReturn = false;

  push(text: string): string[] {
    // The "\n" of a "\r\n" that was torn apart ends no second line.
    const whole = this.#endedByReturn && text.startsWith('\n') ? text.slice(1) : text;
    this.#endedByReturn = text.endsWith('\r');
    const lines = (this.#rest + whole).split(/\r\n|[\r\n]/);
    const rest = lines.pop() ?? '';
    if (rest.length <= longest) {
      this.#rest = rest;
      return lines;
    }
    this.#rest = '';
    return [...lines, rest];
  }

  /** What is left when the stream is over. */
  end(): string[] {
    const rest = this.#rest;
    this.#rest = '';
    return rest === '' ? [] : [rest];
  }
}
