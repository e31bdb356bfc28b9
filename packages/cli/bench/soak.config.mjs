// The config of the command-line soak: its step comes in a variable.
import { soakPlugins } from './soak-plugins.mjs';

export default ({ env }) => ({ plugins: soakPlugins(JSON.parse(env.DOCK_SOAK_STEP)) });
