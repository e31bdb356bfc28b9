import { type BuildRequest, type BuildSecret, DockError, maskedForms, readBuildSecret } from '@dock/core';

/** Build secrets on their way: the request inside names variables, which exist in memory only. */
export interface TravellingSecrets {
  readonly secrets?: readonly BuildSecret[];
  readonly values: Readonly<Record<string, string>>;
  readonly mask: readonly string[];
}

/**
 * Read build secrets on the host, where their files and variables are.
 *
 * @throws INVALID_OPTION for one that cannot be read, OPTION_UNSUPPORTED for one that is not text
 */
export async function packSecrets(
  { secrets }: BuildRequest,
  env: Readonly<Record<string, string | undefined>>,
): Promise<TravellingSecrets> {
  if (secrets === undefined) return { values: {}, mask: [] };
  const read = await Promise.all(
    secrets.map(async (secret, index) => {
      const bytes = await readBuildSecret(secret, env);
      const text = bytes.toString('utf8');
      if (!Buffer.from(text).equals(bytes)) {
        throw new DockError(
          'OPTION_UNSUPPORTED',
          `The build secret "${secret.id}" is not UTF-8 text, and only text travels.`,
          {
            hint: 'Encode it, as base64 for example, or use the runner "here".',
          },
        );
      }
      return { id: secret.id, env: `DOCK_BUILD_SECRET_${index}`, text, mask: maskedForms(bytes) };
    }),
  );
  return {
    secrets: read.map(({ id, env: name }) => ({ id, env: name })),
    values: Object.fromEntries(read.map(({ env: name, text }) => [name, text])),
    mask: read.flatMap(({ mask }) => mask),
  };
}
