export interface SuiteReport {
  readonly path: string;
  readonly isFailed: boolean;
  readonly states: readonly string[];
}
export interface TestReport {
  readonly suites: readonly SuiteReport[];
  readonly isBroken: boolean;
}
export const testsFailed: number;
export function readReport(file: string, status: number): TestReport;
export function pathsToAskAgain(report: TestReport): string[];
export function judgeTests(reports: {
  readonly first: TestReport;
  readonly again?: TestReport | undefined;
  readonly isFiltered?: boolean;
}): { readonly lines: readonly string[]; readonly status: number };
