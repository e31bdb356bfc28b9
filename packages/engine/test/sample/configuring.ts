import { sampleCase } from './sample-case.js';

/** What ends in an image's configuration and history. */
export const configuring = [
  sampleCase('env-of-one-line', [
    'FROM busybox:1',
    'ENV a=1',
    'ENV a=2 b=$a c="$a b" d=\'$a\'',
    'ENV e=${b}${missing:-none}',
  ]),
  sampleCase('env-in-the-old-form', ['FROM busybox:1', 'ENV greeting hello   big "world"', 'ENV path /opt/$greeting']),
  sampleCase(
    'labels-over-lines',
    ['FROM busybox:1', 'LABEL one="1" \\', '      two=\'a "b" c\' \\', '      one=again', 'LABEL "with space"="v w"'],
    {
      labels: { 'of.the.command': 'yes' },
    },
  ),
  sampleCase('ports-of-all-kinds', [
    'FROM busybox:1',
    'ENV PORT=9000',
    'EXPOSE 80 443/tcp 53/UDP $PORT',
    'EXPOSE 7000-7003',
  ]),
  sampleCase('working-directories', [
    'FROM busybox:1',
    'ENV LEAF=deep',
    'WORKDIR /a',
    'WORKDIR b',
    'WORKDIR ../c/',
    'WORKDIR $LEAF/end',
    'RUN pwd > /where',
  ]),
  sampleCase('entrypoint-after-cmd', ['FROM sample-cmd:1', 'ENTRYPOINT ["/bin/echo"]'], {
    base: { name: 'sample-cmd:1', dockerfile: 'cmd.Dockerfile' },
    files: { 'cmd.Dockerfile': 'FROM busybox:1\nCMD ["of", "the", "base"]\n' },
  }),
  sampleCase('cmd-with-escapes', ['FROM busybox:1', 'CMD ["tab\\tend", "é", "\\u0041", "quote\\"in", "$HOME"]']),
  sampleCase('cmd-that-is-no-json', ['FROM busybox:1', "CMD ['single', 'quotes']"]),
  sampleCase('shell-for-the-rest', [
    'FROM busybox:1',
    'RUN echo before > /before',
    'SHELL ["/bin/sh", "-ec"]',
    'RUN echo after > /after',
    'CMD echo run',
    'HEALTHCHECK CMD true',
  ]),
  sampleCase('user-of-variables', [
    'FROM busybox:1',
    'ARG uid=1234',
    'USER ${uid}:0',
    'WORKDIR /home/of-user',
    'RUN id -u > /tmp/uid',
  ]),
  sampleCase('volumes-of-both-forms', ['FROM busybox:1', 'VOLUME /one /two', 'VOLUME ["/three", "/with space"]']),
  sampleCase('signal-and-health', [
    'FROM busybox:1',
    'STOPSIGNAL SIGUSR1',
    'HEALTHCHECK --interval=5s --timeout=1m --start-period=2s --retries=4 CMD ["/bin/true"]',
  ]),
  sampleCase('health-taken-back', ['FROM busybox:1', 'HEALTHCHECK CMD false', 'HEALTHCHECK NONE', 'STOPSIGNAL 9']),
  sampleCase('onbuild-of-a-base', ['FROM sample-onbuild:1', 'RUN cat /app/file > /seen'], {
    base: { name: 'sample-onbuild:1', dockerfile: 'onbuild.Dockerfile' },
    files: {
      'onbuild.Dockerfile': 'FROM busybox:1\nONBUILD COPY file /app/\nONBUILD ENV built=on\nONBUILD LABEL a=b\n',
      file: 'file\n',
    },
  }),
  sampleCase(
    'argument-around-from',
    [
      'ARG name=busybox',
      'ARG tag',
      'FROM ${name}:${tag:-1}',
      'ARG tag',
      'ARG own=$tag',
      'RUN echo "[$name$tag$own]" > /args',
    ],
    {
      buildArgs: { tag: '1' },
    },
  ),
  sampleCase('predefined-arguments', ['FROM busybox:1', 'ARG a=0', 'RUN echo "$a$https_proxy" > /seen'], {
    buildArgs: { a: '5', https_proxy: 'http://proxy.example:3128' },
  }),
  sampleCase(
    'env-goes-before-arg',
    ['FROM busybox:1', 'ARG v=arg', 'ENV v=env', 'RUN echo $v > /v', 'ARG v=later', 'RUN echo $v > /w'],
    { buildArgs: { v: 'given' } },
  ),
  sampleCase('backtick-as-escape', ['# escape=`', 'FROM busybox:1', 'ENV dir=c:\\x', 'RUN echo a `', '  b > /joined']),
  sampleCase('comments-and-empty-lines', [
    '# a comment',
    '',
    'FROM busybox:1',
    'RUN echo one \\',
    '# between',
    '',
    '  two > /line',
    '   # indented',
    'LABEL a=b#c',
  ]),
  sampleCase('config-from-a-stage', [
    'FROM busybox:1 AS Base',
    'ENV a=1',
    'WORKDIR /w',
    'USER 7',
    'ENTRYPOINT ["x"]',
    'FROM base',
    'CMD ["y"]',
  ]),
  sampleCase('only-a-label', ['FROM scratch', 'LABEL nothing=else']),
];
