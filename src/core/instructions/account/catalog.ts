import type { Finding } from '../../findings';
import type { PlannedFile } from './harness';

/** How much of a list of skills a harness shows. UTF-16 units. */
export interface CatalogLimits {
  readonly fullCharacters: number;
  /** Behind the full entries, names alone up to this; the rest is left out. */
  readonly nameCharacters: number;
}

/**
 * Fits a catalogue into its limits in the order given: full entries, then entries with the name alone, then none.
 * `nameEntry` makes the short form.
 */
export function fitCatalog(
  files: readonly PlannedFile[],
  limits: CatalogLimits,
  harnessTitle: string,
  nameEntry: (file: PlannedFile) => string,
): { readonly files: readonly PlannedFile[]; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  let full = 0;
  let names = 0;
  let overflowing = false;
  const fitted = files.map((planned) => {
    if (planned.catalogText === '') {
      return planned;
    }
    overflowing ||= full + planned.catalogText.length > limits.fullCharacters;
    if (!overflowing) {
      full += planned.catalogText.length;
      return planned;
    }
    const short = nameEntry(planned);
    const fits = names + short.length <= limits.nameCharacters;
    names += fits ? short.length : 0;
    const { file } = planned;
    findings.push({
      id: 'catalogue-overflow',
      severity: 'warning',
      message: fits
        ? `${harnessTitle} lists \`${file.name}\` by its name alone: the catalogue is full.`
        : `${harnessTitle} does not list \`${file.name}\` at all: the catalogue is full.`,
      fix: 'Shorten descriptions, or remove skills that nobody uses.',
      path: file.location,
    });
    return { ...planned, catalogText: fits ? short : '' };
  });
  return { files: fitted, findings };
}
