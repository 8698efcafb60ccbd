import { findBirthDates } from './birth-dates.ts'
import type { DetectBudget, Find, Sample, Span } from './candidates.ts'
import type { Detector } from './detector.ts'
import { findEmails } from './emails.ts'
import { findIbans } from './ibans.ts'
import { findNationalIds } from './national-ids.ts'
import { findPhones } from './phones.ts'

const MAX_CHECKS = 5000
/** Later dates belong to jobs and diplomas. */
const MIN_AGE = 14

export const newBudget = (year: number): DetectBudget => ({ checks: MAX_CHECKS, newestBirthYear: year - MIN_AGE })

const FINDERS: Readonly<Record<Detector, Find>> = {
  email: findEmails,
  phone: findPhones,
  iban: findIbans,
  national_id: findNationalIds,
  birth_date: findBirthDates,
}

/** Returns the spans in order, in linear time. */
export const detect = (detector: Detector, sample: Sample, budget: DetectBudget): readonly Span[] =>
  FINDERS[detector](sample, budget)
