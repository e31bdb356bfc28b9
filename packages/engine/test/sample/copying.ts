import { sampleCase } from './sample-case.js';

/** What ends in an image's layers. */
export const copying = [
  sampleCase(
    'directory-or-its-content',
    ['FROM busybox:1', 'COPY src /as-is', 'COPY src/ /slash/', 'COPY . /all/', 'ADD src/deep /deep/er/'],
    {
      files: { 'src/a': 'a\n', 'src/deep/b': 'b\n' },
    },
  ),
  sampleCase('many-sources', ['FROM scratch', 'COPY a.txt b.t?t [cd].log /out/', 'COPY *.none* a.txt /none/'], {
    files: { 'a.txt': 'a', 'b.txt': 'b', 'c.log': 'c', 'd.log': 'd', 'e.log': 'e', 'x.none': '' },
  }),
  sampleCase(
    'owners',
    [
      'FROM busybox:1',
      'COPY --chown=1:2 a /numbers/',
      'COPY --chown=root:nogroup dir /name/',
      'ADD --chown=nobody:nogroup a /both',
    ],
    {
      files: { a: 'a\n', 'dir/b': 'b\n' },
    },
  ),
  sampleCase(
    'onto-a-link',
    [
      'FROM busybox:1',
      'RUN mkdir /real && ln -s /real /link',
      'COPY a /link/',
      'COPY dir /link/',
      'RUN ls /real > /list',
    ],
    {
      files: { a: 'a\n', 'dir/b': 'b\n' },
    },
  ),
  sampleCase(
    'names-that-are-odd',
    ['FROM scratch', 'COPY ["with space", "über", "/odd/"]', 'COPY .hidden dash-\\#hash /odd/'],
    {
      files: { 'with space': '1', über: '2', '.hidden': '3', 'dash-#hash': '4' },
    },
  ),
  sampleCase('archives', ['FROM scratch', 'ADD a.tar /unpacked/', 'COPY a.tar /kept/', 'ADD fake.tar /fake/'], {
    files: { 'fake.tar': 'no archive\n' },
    context: [
      {
        path: 'a.tar',
        tar: [
          { path: 'in/file', content: 'in\n' },
          { path: 'top', content: 'top\n' },
        ],
      },
    ],
  }),
  sampleCase('modes-and-links', ['FROM scratch', 'COPY . /m/'], {
    context: [
      { path: 'secret', content: 's', mode: 0o600 },
      { path: 'run', content: '#!/bin/sh\n', mode: 0o755 },
      { path: 'setuid', content: 'u', mode: 0o4711 },
      { path: 'open', directory: true, mode: 0o1777 },
      { path: 'dangling', symlink: '/nowhere' },
      { path: 'relative', symlink: 'run' },
      { path: 'twin', hardlink: 'run' },
    ],
  }),
  sampleCase('empty-directories', ['FROM scratch', 'COPY tree /t/', 'COPY tree/none /n'], {
    context: [
      { path: 'tree/none', directory: true },
      { path: 'tree/deep/none', directory: true, mode: 0o700 },
    ],
  }),
  sampleCase('ignored-files', ['FROM scratch', 'COPY . /c/'], {
    files: {
      '.dockerignore': '# comment\n*.log\n!keep.log\n**/tmp\n/build/\nDockerfile\n.dockerignore\nsrc/*/x\n',
      'a.log': '',
      'keep.log': '',
      'src/a.log': '',
      'src/tmp/f': '',
      'src/one/x': '',
      'src/one/y': '',
      'src/x': '',
      'build/out': '',
      tmp: '',
    },
  }),
  sampleCase('stages-by-number-and-name', [
    'FROM busybox:1',
    'RUN echo 0 > /zero',
    'FROM busybox:1 AS Named',
    'RUN echo n > /named',
    'FROM scratch',
    'COPY --from=0 /zero /',
    'COPY --from=named /named /bin/busybox /x/',
  ]),
  sampleCase(
    'target-in-the-middle',
    [
      'FROM busybox:1 AS first',
      'RUN echo 1 > /one',
      'FROM first AS second',
      'ENV second=yes',
      'FROM second',
      'RUN false',
    ],
    {
      target: 'SECOND',
    },
  ),
  sampleCase('from-another-image', ['FROM scratch', 'COPY --from=busybox:1 /etc/passwd /bin/sh /taken/']),
  sampleCase('what-steps-leave', [
    'FROM busybox:1',
    'RUN mkfifo /pipe && chmod 4755 /bin/busybox && ln -s a /b && mkdir -m 1777 /sticky',
    'RUN rm -r /etc/group /home && mkdir /home && echo x > /home/x',
    'RUN ["/bin/sh", "-c", "echo exec $0"]',
  ]),
];
