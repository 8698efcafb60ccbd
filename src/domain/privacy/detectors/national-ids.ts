/** Formats and check digits are from stdnum, which follows the countries' documents. */

// The index loads 300 files: 125 ms of each start.
import { validate as belgianNumber } from 'stdnum/lib/cjs/be/nn.js'
import { validate as swissNumber } from 'stdnum/lib/cjs/ch/ssn.js'
import { validate as germanTaxId } from 'stdnum/lib/cjs/de/idnr.js'
import { validate as spanishDni } from 'stdnum/lib/cjs/es/dni.js'
import { validate as spanishNie } from 'stdnum/lib/cjs/es/nie.js'
import { validate as frenchNir } from 'stdnum/lib/cjs/fr/nir.js'
import { validate as britishNino } from 'stdnum/lib/cjs/gb/nino.js'
import { validate as italianCode } from 'stdnum/lib/cjs/it/codicefiscale.js'
import { validate as polishPesel } from 'stdnum/lib/cjs/pl/pesel.js'
import { type DetectBudget, findMatches, labelBefore, type Sample, type Span, word } from './candidates.ts'

type NationalId = {
  readonly pattern: RegExp
  readonly accept: (found: string, sample: Sample, start: number) => boolean
}

const compact = (found: string): string => found.replace(/[\s.-]/g, '').toUpperCase()
const checked = (validate: typeof frenchNir) => (found: string) => validate(compact(found)).isValid
const FRENCH_LABEL = /(?:nir|s[ée]cu(?:rit[ée])?(?:[ _-]sociale)?|insee|social[ _]security|ssn)\b[^\p{N}]{0,16}$/iu

const NATIONAL_IDS: readonly NationalId[] = [
  {
    pattern: word(
      '[1-478](?:[ .\u00a0]?\\d\\d){2}[ .\u00a0]?(?:\\d\\d|2[ABab])(?:[ .\u00a0]?\\d{3}){2}[ .\u00a0-]?\\d\\d',
    ),
    accept: checked(frenchNir),
  },
  {
    // A run of 13 digits is usually a time in milliseconds, and without the key it has no check digits.
    pattern: word('[12] ?\\d\\d ?(?:0[1-9]|1[0-2]) ?(?:\\d\\d|2[ABab]) ?\\d{3} ?\\d{3}'),
    accept: (found, sample, start) => found.includes(' ') || FRENCH_LABEL.test(labelBefore(sample, start)),
  },
  // The United States never issued the excluded numbers.
  { pattern: word('(?!000|666|9)\\d{3}-(?!00)\\d{2}-(?!0000)\\d{4}'), accept: () => true },
  { pattern: word('[A-CEGHJ-PR-TW-Za-z]{2} ?\\d\\d ?\\d\\d ?\\d\\d ?[A-Da-d]'), accept: checked(britishNino) },
  { pattern: word('\\d{2}(?:\\d{6}|\\.\\d{3}\\.\\d{3})[ -]?[A-Za-z]'), accept: checked(spanishDni) },
  { pattern: word('[XYZxyz][ -]?\\d{7}[ -]?[A-Za-z]'), accept: checked(spanishNie) },
  {
    // For two people with the same code, letters replace digits.
    pattern: word(
      '[A-Za-z]{6} ?[\\dL-NP-Vl-np-v]{2}[A-EHLMPRSTa-ehlmprst][\\dL-NP-Vl-np-v]{2} ?[A-Za-z][\\dL-NP-Vl-np-v]{3}[A-Za-z]',
    ),
    accept: checked(italianCode),
  },
  { pattern: word('\\d\\d\\.?\\d\\d\\.?\\d\\d[- ]?\\d{3}[.-]?\\d\\d'), accept: checked(belgianNumber) },
  { pattern: word('756[. ]?\\d{4}[. ]?\\d{4}[. ]?\\d\\d'), accept: checked(swissNumber) },
  {
    pattern: word('\\d{11}|\\d{2}(?: \\d{3}){3}'),
    accept: (found) => checked(polishPesel)(found) || checked(germanTaxId)(found),
  },
]

export const findNationalIds = (sample: Sample, budget: DetectBudget): readonly Span[] =>
  NATIONAL_IDS.flatMap(({ pattern, accept }) =>
    findMatches(sample.text, pattern, ({ 0: found, index }) => accept(found, sample, index), budget),
  )
