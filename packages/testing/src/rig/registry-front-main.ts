import { startRegistryFront } from './registry-front.js';
import { runService } from './service-main.js';

await runService(startRegistryFront);
