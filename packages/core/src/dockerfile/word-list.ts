import { isSpace } from './white-space.js';

/** Collects words while a text is read; white space that was quoted or escaped does not end one. */
export class WordList {
  readonly words: string[] = [];
  #word = '';
  #isIn = false;

  add(text: string): void {
    for (const char of text) {
      if (!isSpace(char)) this.addRaw(char);
      else if (this.#isIn && this.#word !== '') this.end();
    }
  }

  addRaw(text: string): void {
    this.#word += text;
    this.#isIn = true;
  }

  end(): void {
    if (this.#word !== '') this.words.push(this.#word);
    this.#word = '';
    this.#isIn = false;
  }
}
