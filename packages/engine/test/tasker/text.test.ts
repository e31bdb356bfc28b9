import { describe, expect, test } from '@jest/globals';
import { splitCommand } from '../../src/tasker/split-command.js';
import { composeReference, nameOf } from '../../src/tasker/target-name.js';
import { linesOf, textStream } from '../../src/tasker/text-stream.js';

describe('splitCommand', () => {
  test.each([
    ['id', ['id']],
    ['  sh  -c  id ', ['sh', '-c', 'id']],
    ['sh -c \'echo "a b"\'', ['sh', '-c', 'echo "a b"']],
    ['echo "a \\"b\\" \\n $HOME"', ['echo', 'a "b" \\n $HOME']],
    ["a''b \"\" ''", ['ab', '', '']],
    ['a\\ b', ['a b']],
    ['', []],
  ])('%j', (command, words) => {
    expect(splitCommand(command)).toEqual(words);
  });

  test.each(["'open", '"open', 'end\\'])('refuses %j', (command) => {
    expect(() => splitCommand(command)).toThrow(JSON.stringify(command));
  });
});

test.each([
  ['img', { regUri: 'reg.com', tag: 'v1' }, 'reg.com/img:v1'],
  ['img', { regUri: 'reg.com:5000/' }, 'reg.com:5000/img'],
  ['img:v2', {}, 'img:v2'],
  ['ns/img:v2', { tag: 'v3' }, 'ns/img:v3'],
])('composeReference of %s and %j is %s', (name, parts, expected) => {
  expect(nameOf(composeReference(name, parts))).toBe(expected);
});

async function read(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

describe('textStream', () => {
  test('gives the text, then the error', async () => {
    const seen: string[] = [];
    const reading = (async () => {
      for await (const text of textStream(async (emit) => {
        emit('a');
        throw new Error('no');
      }))
        seen.push(text);
    })();
    await expect(reading).rejects.toThrow('no');
    expect(seen).toEqual(['a']);
  });

  test('ends its work when the reader leaves', async () => {
    let isAborted = false;
    for await (const _text of textStream(async (emit, signal) => {
      emit('a');
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      isAborted = true;
    }))
      break;
    expect(isAborted).toBe(true);
  });

  test('drops the oldest text for a reader that is too slow, and says so', async () => {
    const texts = await read(
      textStream(async (emit) => {
        for (let at = 0; at < 40; at += 1) emit(String(at % 10).repeat(64 * 1024));
      }),
    );
    expect(texts[0]).toContain('output cut');
    expect(texts.join('').length).toBeLessThan(1.1 * 1024 * 1024);
  });
});

test('linesOf joins pieces and keeps a last line without newline', async () => {
  async function* pieces() {
    yield* ['a', 'b\nc', '\r\n', '\n', 'd'];
  }
  expect(await read(linesOf(pieces()))).toEqual(['ab', 'c', '', 'd']);
});
