/** The fields of one record of comma-separated values. */
function splitFields(text: string): string[] {
  return [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
  );
}

/** The `name=value` fields of a `RUN --mount`, names in lower case. */
export function mountFields(mount: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const field of splitFields(mount)) {
    const equals = field.indexOf('=');
    if (equals !== -1) fields.set(field.slice(0, equals).toLowerCase(), field.slice(equals + 1));
  }
  return fields;
}
