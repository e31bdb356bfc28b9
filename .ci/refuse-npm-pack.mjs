// The prepack script of each package: only pnpm writes the versions of the workspace and the exports of a release into what it packs.
if (!process.env.npm_config_user_agent?.startsWith('pnpm/')) {
  const { npm_package_name: name = 'This package' } = process.env;
  console.error(
    `${name} is packed by pnpm: "pnpm pack" writes the versions of the workspace and the exports of a release into it, others do not.`,
  );
  process.exit(1);
}
