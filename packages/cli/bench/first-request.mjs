// One request to the engine, through the port: what a program of ours pays before anything else.
import { connectEngine, resolveEndpoint } from '@dock/engine';
import { createCredentialStore } from '@dock/registry';

const env = { ...process.env, DOCKER_HOST: process.argv[2] };
const endpoint = await resolveEndpoint({ env, homeDir: env.HOME ?? '/' });
const engine = await connectEngine({ endpoint, credentials: createCredentialStore({ env, homeDir: env.HOME ?? '/' }) });
await engine.describe();
await engine.close();
