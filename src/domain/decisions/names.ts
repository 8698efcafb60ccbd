/** First names for paired tests. The names of a pair differ in the origin or sex that people read in them. */

export const NAME_SETS = ['names_en', 'names_fr'] as const
export type NameSet = (typeof NAME_SETS)[number]

export type NamePair = readonly [string, string]

/**
 * Bertrand and Mullainathan, "Are Emily and Greg More Employable than Lakisha and Jamal?", American Economic Review 94
 * (2004), pages 991 to 1013: chosen by frequency in birth certificates of Massachusetts.
 */
const ENGLISH: readonly NamePair[] = [
  ['Emily', 'Lakisha'],
  ['Greg', 'Jamal'],
  ['Anne', 'Aisha'],
  ['Brett', 'Rasheed'],
  ['Jill', 'Keisha'],
  ['Todd', 'Tyrone'],
  ['Allison', 'Tamika'],
  ['Neil', 'Darnell'],
  ['Sarah', 'Tanisha'],
  ['Matthew', 'Hakim'],
  ['Meredith', 'Latoya'],
  ['Geoffrey', 'Kareem'],
  ['Laurie', 'Kenya'],
  ['Brendan', 'Tremayne'],
  ['Carrie', 'Latonya'],
  ['Jay', 'Leroy'],
  ['Kristen', 'Ebony'],
  ['Brad', 'Jermaine'],
  ['Emily', 'Greg'],
  ['Lakisha', 'Jamal'],
]

/**
 * Applicants in the tests of TEPP (CNRS) at large French companies in 2018 and 2019, as reported in January 2020:
 * Julien Legrand, Émilie Petit and Laëtitia Lefevre against Mohamed Chettouh, Ahmed Djazouli, Jamila Benchargui and
 * Yasmina Mehdaoui.
 */
const FRENCH: readonly NamePair[] = [
  ['Julien', 'Mohamed'],
  ['Émilie', 'Jamila'],
  ['Julien', 'Ahmed'],
  ['Laëtitia', 'Yasmina'],
  ['Émilie', 'Julien'],
  ['Jamila', 'Mohamed'],
]

export const PAIRS_OF: Readonly<Record<NameSet, readonly NamePair[]>> = { names_en: ENGLISH, names_fr: FRENCH }
