const PHONE_LABEL =
  /(?:phone|t[ée]l[ée]phone|telefon\p{L}*|tel[ée]fono|m[óo]vil|mobile?|cellulare|portable|whatsapp|handy|rufnummer|kom[óo]rka|(?<!\p{L})(?:t[ée]l|tlf|fax|gsm|mob|cell?|kom))\.?[ _-]?(?:no|nr|num|number|num[ée]ro|n[°º])?[^\p{L}\p{N}]{0,6}$/iu
const REGISTER_LABEL =
  /(?<!\p{L})(?:siren|siret|tva|vat|nif|cif|nip|regon|krs|iva|iban|isbn|issn|sha\d*|md5|uuid)(?!\p{L})[^\p{N}]{0,24}$/iu
const OTHER_LABEL =
  /(?<!\p{L})(?:account|konto|compte|invoice|facture|rechnung\p{L}*|factura|fattura|faktura|order|commande|pedido|ordine|ids?|r[ée]f(?:[ée]rence)?|ticket|case|pid|port|build|version|commit|no|nr|n[°º]|size|bytes|length|offset|line|row|seq|timestamp|ts|duration|amount|total|betrag|montant|importe)[^\p{L}\p{N}]{0,4}$/iu
const CAMEL_ID = /[a-z]I[dD][^\p{L}\p{N}]{0,4}$/u
const CURRENCY = /(?:[€$£¥]|(?<!\p{L})(?:EUR|USD|GBP|CHF|PLN)) ?$/u
const UNIT = /^[ \u00a0]?(?:[€$£¥%°]|(?:EUR|USD|GBP|CHF|PLN|zł|kr|k€|ms|s|[KMG]i?B|bytes|rows|km)(?![\p{L}\p{N}]))/u
const JOINED_BEFORE = /[\p{L}\p{N}_][-./_#+]$/u
const JOINED_AFTER = /^(?:[-_@%=][\p{L}\p{N}]|[/:.]\d)/u
const DECIMALS = /^,\d{1,2}(?!\d)/

export const isLabelledPhone = (label: string): boolean => PHONE_LABEL.test(label)

/** Part of a longer word, or with another label or unit. */
export function isOtherNumber(label: string, before: string, number: string, after: string): boolean {
  if (JOINED_BEFORE.test(before) || JOINED_AFTER.test(after)) return true
  if (number.startsWith('+')) return false
  if (REGISTER_LABEL.test(label) || CURRENCY.test(before) || UNIT.test(after)) return true
  // A leading 0 and separators identify the number in "My number is no. 06 12 34 56 78".
  if (/^\(?0\d*\D/.test(number)) return false
  return OTHER_LABEL.test(label) || CAMEL_ID.test(label) || DECIMALS.test(after)
}

const YEAR = /^(?:19|20)\d\d$/

export function isDate(number: string): boolean {
  const groups = groupsOf(number)
  return groups.some((group) => YEAR.test(group)) && groups.every((group) => YEAR.test(group) || group.length <= 2)
}

const SHAPES: ReadonlySet<string> = new Set(
  '10 3-3-4 1-3-3-4 3-3-3 3-2-2-2 2-3-2-2 2-3-4 3-6 3-7 2-7 2-2-2-2 3-2-3 3-3-2-2 3-2-2-3 3-4-3'.split(' '),
)
/** 123.856614, and dots or slashes mixed with other separators, as in a table of numbers. */
const NUMBERS = /^\d+\.\d+$|[./].*[ -]|[ -].*[./]/
const DATED = /^(?:19|20)\d\d(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d\d$|[-/ ]\d+$)/
const HARDWARE_ADDRESS = /^\d\d(?:-\d\d){5}$/

export function hasOtherShape(number: string): boolean {
  if (!/^\(?0/.test(number)) {
    const isTable = NUMBERS.test(number) || DATED.test(number) || isInternetAddress(number)
    return (
      isTable ||
      !SHAPES.has(
        groupsOf(number)
          .map((group) => group.length)
          .join('-'),
      )
    )
  }
  // 030 123 45-0 is a switchboard. 0.1234567 and 10.0.19045.4046 are not phone numbers.
  const inner = groupsOf(number.replace(/-\d$/, '')).slice(1)
  return inner.some((group) => group.length === 1) || /^0\d?\.\d+$/.test(number) || HARDWARE_ADDRESS.test(number)
}

const groupsOf = (number: string): readonly string[] => number.match(/\d+/g) ?? []

/** IPv6 needs no check: colons never separate phone numbers. */
function isInternetAddress(number: string): boolean {
  const parts = number.split('.')
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
}
