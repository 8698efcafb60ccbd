/** French has no-break spaces before : ; ? ! and inside guillemets. */

import type { PersonLanguage } from '../shared/person-language.ts'

export type LetterWords = {
  readonly greeting: string
  readonly opening: (date: string, outcome: string) => string
  readonly automatic: string
  readonly byPerson: (proposed: string) => string
  readonly model: (name: string, version: string) => string
  readonly reasons: string
  readonly data: (names: string) => string
  /** `isProposed`: a person decided, so the program's outcome was a proposal. */
  readonly changes: (isProposed: boolean) => string
  readonly change: (changes: string, outcome: string, isProposed: boolean) => string
  readonly and: string
  readonly value: (label: string, old: string, now: string) => string
  readonly otherValue: (label: string, old: string) => string
  readonly added: (label: string, item: string) => string
  readonly removed: (label: string, item: string) => string
  readonly changesNote: string
  readonly noChange: (changed: number) => string
  readonly rights: string
  readonly closing: string
  readonly nothing: string
  /** Whose value is not named. */
  readonly something: string
  readonly yes: string
  readonly no: string
  readonly quoted: (text: string) => string
}

const ENGLISH: LetterWords = {
  greeting: 'Dear Sir or Madam,',
  opening: (date, outcome) =>
    `On ${date}, we took a decision about you: “${outcome}”. This letter explains how we reached it.`,
  automatic: 'A computer program took this decision. No person took part in it.',
  byPerson: (proposed) =>
    `A computer program proposed “${proposed}”. A person examined the proposal and took the decision.`,
  model: (name, version) => `The program used the model ${name}, version ${version}.`,
  reasons: 'These are the reasons:',
  data: (names) => `The decision is based on the following information about you: ${names}.`,
  changes: (isProposed) =>
    `We ran the same program again, each time with a small change to your information. The ${isProposed ? 'proposal' : 'outcome'} would have been different in these cases:`,
  change: (changes, outcome, isProposed) =>
    `${changes}. The ${isProposed ? 'proposal' : 'outcome'} would have been “${outcome}”.`,
  and: ', and ',
  value: (label, old, now) => `${label}: ${now} instead of ${old}`,
  otherValue: (label, old) => `${label}: a different value from ${old}`,
  added: (label, item) => `${label}: with “${item}” as well`,
  removed: (label, item) => `${label}: without “${item}”`,
  changesNote: 'There may be other changes that we did not try.',
  noChange: (changed) => {
    if (changed === 0)
      return 'We found nothing in your information that we could change to look for a different outcome.'
    if (changed === 1)
      return 'We ran the same program again with one small change to your information. It did not lead to a different outcome.'
    return `We ran the same program again ${changed} times, each time with a small change to your information. None of these changes led to a different outcome.`
  },
  rights:
    'You can ask for a person to examine the decision, tell us your point of view, and contest the decision. You can also ask us to correct information about you that is wrong. Please reply to this letter to do so.',
  closing: 'Yours faithfully,',
  nothing: 'no value',
  something: 'a value',
  yes: 'yes',
  no: 'no',
  quoted: (text) => `“${text}”`,
}

const FRENCH: LetterWords = {
  greeting: 'Madame, Monsieur,',
  opening: (date, outcome) =>
    `Le ${date}, nous avons pris une décision vous concernant : « ${outcome} ». Cette lettre vous explique comment nous y sommes parvenus.`,
  automatic: 'Cette décision a été prise par un programme informatique, sans intervention humaine.',
  byPerson: (proposed) =>
    `Un programme informatique a proposé « ${proposed} ». Une personne a examiné cette proposition, puis a pris la décision.`,
  model: (name, version) => `Le programme s’est appuyé sur le modèle ${name}, version ${version}.`,
  reasons: 'En voici les raisons :',
  data: (names) => `La décision repose sur les informations suivantes vous concernant : ${names}.`,
  changes: (isProposed) =>
    `Nous avons relancé le même programme en modifiant légèrement vos informations à chaque fois. ${isProposed ? 'La proposition aurait été différente' : 'Le résultat aurait été différent'} dans les cas suivants :`,
  change: (changes, outcome, isProposed) =>
    `${changes}. ${isProposed ? 'La proposition' : 'Le résultat'} aurait été « ${outcome} ».`,
  and: ' et ',
  value: (label, old, now) => `${label} : ${now} au lieu de ${old}`,
  otherValue: (label, old) => `${label} : une autre valeur que ${old}`,
  added: (label, item) => `${label} : avec « ${item} » en plus`,
  removed: (label, item) => `${label} : sans « ${item} »`,
  changesNote: 'D’autres modifications, que nous n’avons pas essayées, pourraient également changer le résultat.',
  noChange: (changed) => {
    if (changed === 0)
      return 'Nous n’avons trouvé dans vos informations rien que nous puissions modifier pour chercher un autre résultat.'
    if (changed === 1)
      return 'Nous avons relancé le même programme en modifiant légèrement une de vos informations. Le résultat n’a pas changé.'
    return `Nous avons relancé le même programme ${changed} fois en modifiant légèrement vos informations à chaque fois. Aucune de ces modifications n’a changé le résultat.`
  },
  rights:
    'Vous pouvez demander qu’une personne examine cette décision, nous faire part de votre point de vue et contester la décision. Vous pouvez aussi nous demander de rectifier des informations inexactes vous concernant. Il vous suffit de répondre à cette lettre.',
  closing: 'Veuillez agréer, Madame, Monsieur, nos salutations distinguées.',
  nothing: 'rien',
  something: 'une valeur',
  yes: 'oui',
  no: 'non',
  quoted: (text) => `« ${text} »`,
}

export const LETTER_WORDS: Readonly<Record<PersonLanguage, LetterWords>> = { en: ENGLISH, fr: FRENCH }
