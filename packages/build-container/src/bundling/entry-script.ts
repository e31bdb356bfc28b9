/** The oldest Node that a build image may have; the same as in `engines`. */
export const oldestNode = '20.19';

/**
 * The first script inside, in words that any Node understands: it says what is missing before anything newer is parsed. The event stream is descriptor 3.
 */
export const entryScript = `'use strict';
var fs = require('fs');
var parts = process.versions.node.split('.').map(Number);
if (parts[0] < 20 || (parts[0] === 20 && parts[1] < 19)) {
  fs.writeSync(3, JSON.stringify({ refusal: { code: 'BUILD_IMAGE_NO_NODE', detail: process.versions.node } }) + '\\n');
  process.exit(70);
}
require('./load.cjs');
`;

/** Loads the job; of its own, because old versions do not parse it. */
export const loadScript = `'use strict';
process.setSourceMapsEnabled(true);
import('./main.js').catch(function (error) {
  console.error(error);
  process.exit(70);
});
`;
