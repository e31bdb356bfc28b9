/** What a header of a tar may say; text goes in as it is. */
export interface RawMember {
  readonly name: string;
  readonly type?: string;
  readonly content?: string | Buffer;
  readonly target?: string;
  readonly mode?: string;
  readonly size?: number;
  readonly sum?: string;
}

/** One member of a tar byte by byte, also as no tool would write it. */
export function rawMember({
  name,
  type = '0',
  content = '',
  target = '',
  mode = '0000644',
  size,
  sum,
}: RawMember): Buffer {
  const body = Buffer.from(content as string);
  const block = Buffer.alloc(512);
  block.write(name, 0, 100, 'latin1');
  block.write(mode, 100);
  block.write((size ?? body.length).toString(8).padStart(11, '0'), 124);
  block.write('00000000000', 136);
  block.write('        ', 148);
  block.write(type, 156);
  block.write(target, 157, 100, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  const total = block.reduce((one, other) => one + other, 0);
  block.write(sum ?? `${total.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([block, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

/** A whole tar of such members. */
export function rawTar(...members: readonly RawMember[]): Buffer {
  return Buffer.concat([...members.map(rawMember), Buffer.alloc(1024)]);
}
