import { type DetectBudget, findMatches, labelBefore, type Sample, type Span, word } from './candidates.ts'

const OLDEST_BIRTH_YEAR = 1900
const BIRTH_NAME = /birth|naiss|geburt|nacim|nascit|urodz|(?:^|[_-])dob(?:$|[_-])/i
const BIRTH_LABEL =
  /(?:birth(?:date|day)?|born|d\.?o\.?b\.?|n[ée]+(?:\(e\))?|naissance|geb(?:oren|urtsdatum|\.)|nacid[oa]|nacimiento|nat[oa]|nascita|urodz\p{L}*|ur\.)(?:[ :,(]|on|the|le|am|el|il|d[ea]l?|in|dnia|\*){0,6}$/iu

/** Polish months are in the genitive. */
const MONTHS = [
  'jan(?:uary|vier|uar)?|enero|ene|gennaio|gen|stycznia|sty',
  'f[eé]b(?:ruary|ruar|rero|braio)?|f[eé]v(?:rier)?|lutego|lut',
  'mar(?:ch|s|zo)?|m[äa]r?z|marca',
  'apr(?:il|ile)?|avr(?:il)?|abr(?:il)?|kwietnia|kwi',
  'may|mai|mayo|maggio|mag|maja',
  'june?|juin|juni|junio|giugno|giu|czerwca|cze',
  'july?|juil(?:let)?|juli|julio|luglio|lug|lipca|lip',
  'aug(?:ust)?|ao[uû]t|ago(?:sto)?|sierpnia|sie',
  'sept?(?:ember|embre|tembre|tiembre)?|settembre|set|wrze[śs]nia|wrz',
  'o[ck]t(?:ober|obre|ubre)?|ottobre|ott|pa[źz]dziernika|pa[źz]',
  'nov(?:ember|embre|iembre)?|listopada|lis',
  'd[eé]c(?:ember|embre)?|dez(?:ember)?|dic(?:iembre|embre)?|grudnia|gru',
]
const MONTH = `(?:${MONTHS.join('|')})\\.?`
const DAY = '(?:0?[1-9]|[12]\\d|3[01])'
const YEAR = '(?<year>(?:19|20)\\d\\d)'

const insensitive = (inner: string) => new RegExp(word(inner), 'giu')
const DATES: readonly RegExp[] = [
  word(`${YEAR}[-/.](?:0?[1-9]|1[0-2])[-/.]${DAY}(?:T[\\d:.]{5,15}Z?)?`),
  word(`${DAY}(?:[-/ ]|\\. ?)${DAY}(?:[-/ ]|\\. ?)${YEAR}`),
  insensitive(`\\d{1,2}(?:st|nd|rd|th|er|[.°º])?[ -](?:de |of )?${MONTH}[ -](?:de |del )?${YEAR}`),
  insensitive(`${MONTH} \\d{1,2}(?:st|nd|rd|th)?,? ${YEAR}`),
]

export function findBirthDates(sample: Sample, { newestBirthYear }: DetectBudget): readonly Span[] {
  const isNamed = BIRTH_NAME.test(sample.name)
  const isBirth = ({ groups, index }: RegExpExecArray) => {
    const year = Number(groups?.['year'])
    if (year >= OLDEST_BIRTH_YEAR && year <= newestBirthYear) return true
    return isNamed || BIRTH_LABEL.test(labelBefore(sample, index))
  }
  return DATES.flatMap((pattern) => findMatches(sample.text, pattern, isBirth, null))
}
