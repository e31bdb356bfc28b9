import { expect, test } from '@jest/globals';
import * as api from '../src/index.js';
test('x', () => expect(api).toBeDefined());
