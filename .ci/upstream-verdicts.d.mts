export const intended: Readonly<Record<string, unknown>>;
export function judge(result: object, input: object, builder: string): { readonly is: string; readonly row?: string };
