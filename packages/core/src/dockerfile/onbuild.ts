import type { Instruction } from './dockerfile.js';
import { readInstructions } from './read-instructions.js';
import { dockerfileSyntaxError, SyntaxFaultError } from './syntax-error.js';

/**
 * Reads the ONBUILD list of an image's config: each entry is one instruction.
 * @param image what messages call the image
 * @throws DOCKERFILE_SYNTAX
 */
export function onbuildTriggers(triggers: readonly string[], image = 'the base image'): Instruction[] {
  return triggers.map((trigger) => {
    try {
      const [instruction, ...others] = readInstructions(trigger).instructions;
      if (instruction !== undefined && others.length === 0) return instruction;
      throw new SyntaxFaultError({ fault: `the trigger "${trigger}" is not one instruction`, line: 1 });
    } catch (error) {
      if (error instanceof SyntaxFaultError) throw dockerfileSyntaxError(`ONBUILD of ${image}`, trigger, error.fault);
      throw error;
    }
  });
}
