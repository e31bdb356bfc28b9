import { places } from '../../protocol.js';
import { enginePlaces } from './inner-engine-settings.js';

/**
 * A script for the Node of a held build container: the image that the result names, as an archive on standard output. The result is there a moment after the
 * last event.
 */
export const exportScript = `
const fs = require('fs');
const fail = (why) => { process.stderr.write(String(why)); process.exit(1); };
const readImage = (tries) => {
  let result;
  try { result = JSON.parse(fs.readFileSync('${places.result}', 'utf8')); } catch (error) {
    return tries > 0 ? setTimeout(readImage, 20, tries - 1) : fail(error.message);
  }
  require('http').get({ socketPath: '${enginePlaces.socket}', path: '/images/' + result.image.id + '/get' }, (answer) => {
    answer.on('error', (error) => fail(error.message)).on('aborted', () => fail('the engine inside cut the archive'));
    if (answer.statusCode === 200) return answer.pipe(process.stdout);
    let text = '';
    answer.on('data', (piece) => { text += piece; }).on('end', () => fail(text));
  }).on('error', (error) => fail(error.message));
};
readImage(1500);
`;
