export interface Try {
  readonly index: number;
  readonly name: string;
  readonly isOk: boolean;
  readonly wrong?: readonly string[];
}
export interface TriedCell extends Try {
  readonly tries: number;
  readonly failures: readonly string[];
}
export function triesIn(text: string): Try[];
export function cellsOf(tries: readonly Try[]): TriedCell[];
export function triesText(cells: readonly TriedCell[]): string;
