/** For `JSON.parse` of what others wrote: leaves out what could become a prototype when it is copied. A text under that name is one like others. */
export function dropPrototypes(key: string, member: unknown): unknown {
  return key === '__proto__' && typeof member !== 'string' ? undefined : member;
}
