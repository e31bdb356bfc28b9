import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import * as api from '@dock/api';
import { DockerTasker } from '@dock/engine';

const page = readFileSync(new URL('../../../docs/guides/from-dock.md', import.meta.url), 'utf8');
const camelCase = (name: string) => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** What the predecessor's classes had: methods first, then instance variables. */
const methods = {
  DockerTasker: [
    ...['build_image_from_git', 'build_image_from_path', 'commit_container', 'get_image_info_by_image_id'],
    ...['get_image_info_by_image_name', 'image_exists', 'inspect_image', 'logs', 'pull_image', 'push_image'],
    ...['remove_container', 'remove_image', 'run', 'tag_and_push_image', 'tag_image', 'wait'],
  ],
  DockerBuildWorkflow: ['build_docker_image'],
  InsideBuilder: [
    ...['build', 'get_base_image_info', 'get_built_image_info', 'inspect_base_image', 'inspect_built_image'],
    ...['pull_base_image', 'push_built_image'],
  ],
} as const;
const variables = {
  DockerTasker: ['last_logs'],
  DockerBuildWorkflow: [
    ...['build_logs', 'builder', 'git_commit', 'git_dockerfile_path', 'git_url', 'image', 'kwargs', 'parent_registry'],
    ...['plugin_files', 'postbuild_plugins_conf', 'postbuild_results', 'prebuild_plugins_conf', 'prebuild_results'],
    ...['prepublish_plugins_conf', 'repos', 'target_registries'],
  ],
  InsideBuilder: [
    ...['base_image_id', 'base_image_info', 'built_image_info', 'df_base_image', 'git_commit', 'git_dockerfile_path'],
    ...['git_path', 'git_url', 'image', 'image_id', 'last_logs', 'tasker'],
  ],
} as const;

const call = { gitUrl: 'https://git.example.com/a.git', image: 'a:1', env: {}, cwd: '/' };
const instances = {
  DockerTasker: new DockerTasker({
    endpoint: { kind: 'unix', socketPath: '/nowhere', url: 'unix:///nowhere', origin: 'test' },
    credentials: { get: async () => undefined },
  }),
  DockerBuildWorkflow: new api.DockerBuildWorkflow(call),
  InsideBuilder: new api.InsideBuilder(call),
};
const classes = Object.keys(instances) as (keyof typeof instances)[];

describe.each(classes)('the predecessor’s %s', (name) => {
  test('has a counterpart of every method, and the guide names it', () => {
    const instance = instances[name] as unknown as Record<string, unknown>;
    for (const method of methods[name]) {
      expect([method, typeof instance[camelCase(method)]]).toEqual([method, 'function']);
      expect(page).toMatch(new RegExp(`\\b${method}\\b.*\\| .*\\b${camelCase(method)}\\b`));
    }
  });

  test('has a counterpart of every instance variable, and the guide names it', () => {
    for (const variable of variables[name]) {
      expect([variable, camelCase(variable) in instances[name]]).toEqual([variable, true]);
      expect(page).toContain(`\`${variable}\``);
      expect(page).toContain(`\`${camelCase(variable)}\``);
    }
  });
});

test('every function of @dock/api that the guide gives a call for is there', () => {
  const called = [...page.matchAll(/`(\w+)\(\{[^`]*\}\)` of `@dock\/api`/g)].map(([, name = '']) => name);
  expect(called).toContain('buildImageHere');
  for (const name of called) expect([name, typeof (api as Record<string, unknown>)[name]]).toEqual([name, 'function']);
});
