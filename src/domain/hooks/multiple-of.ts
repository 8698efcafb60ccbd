/** As binary fractions, 19.99 is no multiple of 0.01, and 1e22 is none of 1 in Ajv's own check. */

type Decimal = { readonly digits: bigint; readonly exponent: number }

/** Compares the decimal numbers that were sent. */
export function multipleOf(factor: number): (value: number) => boolean {
  const divisor = decimalOf(factor)
  return (value) => {
    if (Number.isSafeInteger(value) && Number.isSafeInteger(factor)) return value % factor === 0
    // JSON can say 1e999.
    if (!Number.isFinite(value)) return false
    const dividend = decimalOf(value)
    const exponent = Math.min(dividend.exponent, divisor.exponent)
    return scale(dividend, exponent) % scale(divisor, exponent) === 0n
  }
}

const scale = ({ digits, exponent }: Decimal, to: number): bigint => digits * 10n ** BigInt(exponent - to)

/** JavaScript writes the shortest decimal number that reads as the same value. */
function decimalOf(value: number): Decimal {
  const [mantissa = '', power = '0'] = String(value).split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  return { digits: BigInt(whole + fraction), exponent: Number(power) - fraction.length }
}
