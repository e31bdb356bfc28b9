import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createFormIndex } from '../../src/masking/form-index.js';

const alphabet = fc.constantFrom('a', 'b', '\u0161', '\ud83d');
const formLists = fc.array(fc.string({ unit: alphabet, minLength: 4, maxLength: 9 }), { minLength: 1, maxLength: 8 });
const texts = fc.string({ unit: alphabet, maxLength: 30 });

function indexOf(forms: readonly string[]) {
  const index = createFormIndex();
  for (const form of forms) index.add(form);
  return index;
}

test('the longest form at a position is the one that a search of every form finds', () => {
  fc.assert(
    fc.property(formLists, texts, (forms, text) => {
      const index = indexOf(forms);
      for (let at = 0; at <= text.length; at++) {
        const lengths = forms.filter((form) => text.startsWith(form, at)).map((form) => form.length);
        expect(index.lengthAt(text, at)).toBe(Math.max(0, ...lengths));
      }
    }),
  );
});

test('the rest that could become a form is the one that a search of every form finds', () => {
  fc.assert(
    fc.property(formLists, texts, (forms, text) => {
      const isUnfinished = (rest: string) => forms.some((form) => form.length > rest.length && form.startsWith(rest));
      const at = [...Array(text.length).keys()].find((start) => isUnfinished(text.slice(start)));
      expect(indexOf(forms).unfinishedFrom(text)).toBe(at ?? text.length);
    }),
  );
});

test('a form counts once, however often it is added', () => {
  expect(indexOf(['abcd', 'abcd', 'abcde']).size).toBe(2);
});

test('many thousand forms with one beginning are taken and looked up without a search of each', async () => {
  const forms = Array.from({ length: 200_000 }, (_, index) => `user-${index}=${index * 7919}`);
  const index = indexOf(forms);
  expect(index.lengthAt(`${forms[4321]} `, 0)).toBe(forms[4321]?.length);
  expect(index.unfinishedFrom(`see ${forms[4321]?.slice(0, -1)}`)).toBe(4);
  // The limit of the test counts only where the event loop turns.
  await new Promise((resolve) => setImmediate(resolve));
});
