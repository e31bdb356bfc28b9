/**
 * The fields of one line of comma-separated values, as Go's `encoding/csv` reads flags of docker: a field that begins with a quote runs to the
 * closing one, with `""` for a quote. Absent when a quote is out of place.
 */
export function csvFields(line: string): string[] | undefined {
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (;;) {
    const match = field.exec(line);
    if (match === null) return undefined;
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '') return fields;
  }
}
