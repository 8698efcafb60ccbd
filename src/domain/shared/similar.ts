/** Shorter words must match exactly. */
const MIN_LETTERS = 4
const LETTERS_FOR_TWO = 8

/** Each word must occur, or begin a word with one error, or two in a long word. */
export function isSimilar(words: readonly string[], text: string): boolean {
  const parts = text.split(/[^\p{L}\p{N}]+/u)
  return words.every((word) => {
    if (text.includes(word)) return true
    if (word.length < MIN_LETTERS) return false
    const errors = word.length < LETTERS_FOR_TWO ? 1 : 2
    return parts.some((part) => part.length >= word.length - errors && countErrors(word, part) <= errors)
  })
}

/** Letters to add, remove, replace or swap with the next, until the word begins the text. */
function countErrors(word: string, text: string): number {
  let [before, last]: [readonly number[], readonly number[]] = [
    [],
    Array.from({ length: text.length + 1 }, (_, at) => at),
  ]
  for (let row = 1; row <= word.length; row += 1) {
    const next = [row]
    for (let at = 1; at <= text.length; at += 1) {
      const same = word[row - 1] === text[at - 1] ? 0 : 1
      const least = Math.min((last[at - 1] ?? 0) + same, (last[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1)
      const isSwap = row > 1 && at > 1 && word[row - 1] === text[at - 2] && word[row - 2] === text[at - 1]
      next.push(isSwap ? Math.min(least, (before[at - 2] ?? 0) + 1) : least)
    }
    ;[before, last] = [last, next]
  }
  return Math.min(...last)
}
