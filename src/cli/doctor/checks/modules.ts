/** Native modules that an installation may lack, where the configuration wants one. */
import type { OptionalModule } from '../../../../drivers/optional-module.js';
import { NoonmarkError } from '../../../errors.js';
import { type Case, type Finding, problem } from '../finding.js';

export function moduleFindings({ machine }: Case, wanted: OptionalModule): readonly Finding[] {
  try {
    machine.load(wanted);
    return [];
  } catch (error) {
    if (!(error instanceof NoonmarkError)) throw error;
    return [problem('module-missing', error.message, error.remedy)];
  }
}
