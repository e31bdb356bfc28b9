import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { prepareBuild } from '../src/request/build-request.js';
import { dockerFlagNotices } from '../src/request/docker-flags.js';
import { readStandardInput } from '../src/request/read-standard-input.js';

describe('standard input', () => {
  const input = (bytes: string | Buffer) => Readable.from(bytes.length === 0 ? [] : [Buffer.from(bytes)]);
  const asSource = { source: '-', file: undefined };
  const run = { prefix: () => '/nowhere/' };
  const asFile = { source: '.', file: '-' };

  test('is not read unless it is named', async () => {
    const stream = input('FROM x');
    expect(await readStandardInput({ source: '.', file: 'x' }, stream, run)).toBeUndefined();
    expect(stream.readableDidRead).toBe(false);
  });

  test('has a Dockerfile, without files beside it or for those of the source', async () => {
    expect(await readStandardInput(asSource, input('FROM x\n'), run)).toEqual({
      dockerfileText: 'FROM x\n',
      source: { kind: 'empty' },
    });
    expect(await readStandardInput(asFile, input('FROM x\n'), run)).toEqual({ dockerfileText: 'FROM x\n' });
  });

  test('wins over what the config says of the Dockerfile', () => {
    const config = { dockerfile: 'own', dockerfileText: 'FROM own', source: 'app' };
    const common = { source: undefined, config, configFile: '/c/dock.config.ts', cwd: '/w', env: {} };
    const { request } = prepareBuild({ ...common, flags: { file: '-' }, input: { dockerfileText: 'FROM x' } });
    expect(request).toEqual({ source: { kind: 'path', path: '/c/app' }, dockerfileText: 'FROM x' });
    expect(prepareBuild({ ...common, flags: { file: 'f' } }).request).toEqual({
      source: { kind: 'path', path: '/c/app' },
      dockerfile: '/w/f',
    });
    expect(prepareBuild({ ...common, flags: {} }).request).toMatchObject({ dockerfileText: 'FROM own' });
  });

  test.each([
    ['both at once', { source: '-', file: '-' }, 'FROM x', 'USAGE', /cannot both come from standard input/],
    ['nothing', asSource, '', 'USAGE', /which is empty/],
    ['nothing for a file', asFile, '', 'USAGE', /Dockerfile is to be read from standard input, which is empty/],
    ['too much', asFile, Buffer.alloc(1_048_577, 'x'), 'DOCKERFILE_INVALID', /more than 1048576 bytes/],
  ])('with %s is refused', async (_, asks, bytes, code, message) => {
    await expect(readStandardInput(asks, input(bytes), run)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test('that is a terminal is refused', async () => {
    const terminal = Object.assign(input('x'), { isTTY: true });
    await expect(readStandardInput(asSource, terminal, run)).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('flags of docker that mean nothing here', () => {
  test.each([
    [{ rm: true, 'force-rm': true, 'disable-content-trust': true }, []],
    [{ debug: true }, []],
    [{ compress: true }, ['"--compress" changes nothing: dock sends the build context as it is.']],
    [{ rm: false }, ['"--rm=false" changes nothing: dock always removes the containers of a build.']],
    [{ 'force-rm': false, compress: false }, []],
  ])('%j give the lines %j', (flags, lines) => expect(dockerFlagNotices(flags)).toEqual(lines));

  test.each([[{ 'disable-content-trust': false }]])('%j ask for what dock does not do, and are refused', (flags) => {
    expect(() => dockerFlagNotices(flags)).toThrow(
      expect.objectContaining({ code: 'OPTION_UNSUPPORTED', hint: 'Leave it out.' }),
    );
  });
});
