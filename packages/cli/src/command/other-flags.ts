/** Flags of docker's clients that dock has not, and what to do instead. */
export const otherFlags: Readonly<Record<string, string>> = {
  call: 'dock has no check of a Dockerfile without a build; a build shows what the builder warns of.',
  check: 'dock has no check of a Dockerfile without a build; a build shows what the builder warns of.',
  isolation: 'It is for Windows containers, which dock does not build.',
  print: 'To see what is asked for, there is "dock config".',
  'security-opt': 'dock has no such option for a build.',
  squash: 'dock does not squash layers. Copy the result into a last stage: COPY --from=STAGE / /.',
  stream: 'docker has taken it out, too. Leave it out.',
};
