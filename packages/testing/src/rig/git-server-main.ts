import { startGitHttp } from './git-http.js';
import { runService } from './service-main.js';

await runService(startGitHttp);
