const part = /YYYY|MM|DD|hh|mm|ss/g;

const tagFormat = /^(?:YYYY|MM|DD|hh|mm|ss|[._T-])+$/;
const textFormat = /^(?:YYYY|MM|DD|hh|mm|ss|[._T:Z-])+$/;

/** Whether a format has only known parts, and separators that may stand where it is used. */
export function isDateFormat(format: string, where: 'tag' | 'text' = 'tag'): boolean {
  return (where === 'tag' ? tagFormat : textFormat).test(format);
}

/** A moment in UTC. @param iso ISO 8601 @param format Of `YYYY`, `MM`, `DD`, `hh`, `mm`, `ss` and separators */
export function formatDate(iso: string, format: string): string {
  const utc = new Date(iso).toISOString();
  const values: Readonly<Record<string, string>> = {
    YYYY: utc.slice(0, 4),
    MM: utc.slice(5, 7),
    DD: utc.slice(8, 10),
    hh: utc.slice(11, 13),
    mm: utc.slice(14, 16),
    ss: utc.slice(17, 19),
  };
  return format.replaceAll(part, (name) => values[name] ?? name);
}
