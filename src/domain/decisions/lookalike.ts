/** Outcomes that look alike, although their characters differ. */

/** Invisible characters, spaces, and marks over letters. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{C}\p{Z}]|[\u0300-\u036f]/gu

const LETTERS: Readonly<Record<string, string>> = {
  a: 'аαɑ',
  b: 'ь',
  c: 'сϲ',
  d: 'ԁ',
  e: 'еєҽ',
  g: 'ɡ',
  h: 'һ',
  i: 'іιıɪ',
  j: 'јϳ',
  k: 'кκ',
  l: 'ӏ|',
  m: 'м',
  n: 'пη',
  o: 'оοσ',
  p: 'рρ',
  q: 'ԛ',
  r: 'гʀ',
  s: 'ѕ',
  t: 'тτ',
  u: 'υʋ',
  v: 'ѵν',
  w: 'ԝшω',
  x: 'хχ',
  y: 'уγ',
}

const LATIN = new Map(Object.entries(LETTERS).flatMap(([latin, others]) => [...others].map((one) => [one, latin])))

/** Ignores case, spaces and marks. */
export const looksLike = (one: string, other: string): boolean => one !== other && formOf(one) === formOf(other)

function formOf(text: string): string {
  const letters = text.normalize('NFKD').replaceAll(UNSEEN, '').toLowerCase()
  return [...letters].map((letter) => LATIN.get(letter) ?? letter).join('')
}
