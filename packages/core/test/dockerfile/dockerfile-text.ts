import fc from 'fast-check';

const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
const comment = fc.constantFrom('# comment', '', '   ', '  # indented \\', '#!x', '# a=b');

const instruction = fc.oneof(
  word.map((one) => `RUN echo ${one}`),
  word.map((one) => `run a \\\n  # inside\n\n   ${one} \\  \n&& x`),
  word.map((one) => `RUN <<EOF\n${one}\n# FROM x\nEOF`),
  word.map((one) => `COPY --link <<-'A' <<B /d\n\t${one}\n\tA\nB`),
  word.map((one) => `LABEL a=${one} "b c"='d'`),
  word.map((one) => `ENV ${one} some old value`),
  word.map((one) => `CMD ["${one}", "é"]`),
  word.map((one) => `ONBUILD COPY --from=${one} a b`),
  word.map((one) => `  Healthcheck --interval=5s CMD ${one}`),
  word.map((one) => `RUN --mount=type=bind,from=${one},target=/x true`),
  word.map((one) => `ARG ${one}="1 2"`),
);

const stage = fc
  .tuple(
    word,
    fc.constantFrom('', ' AS named', ' \\\n  # why\n  AS other'),
    fc.array(fc.oneof(instruction, comment), { maxLength: 6 }),
  )
  .map(([base, name, body]) => [`FROM --platform=linux/amd64 ${base}:1${name}`, ...body].join('\n'));

/** Valid Dockerfiles of many shapes, with either line end, with and without a byte-order mark and a last line end. */
export const dockerfileText: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('', '\ufeff'),
    fc.constantFrom('', '# syntax=docker/dockerfile:1\n', '# check=skip=all\n\n', 'ARG BASE=x\n'),
    fc.array(stage, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '\n', '\n\n# end', '\n# end\n'),
    fc.boolean(),
  )
  .map(([mark, head, stages, tail, isDos]) => {
    const text = `${head}${stages.join('\n')}${tail}`;
    return mark + (isDos ? text.replaceAll('\n', '\r\n') : text);
  });
