const LINES = [
  'Ada Lovelace',
  'ada.lovelace@example.com',
  '+33 1 99 00 45 67',
  'Engineer of analytical machines',
  'London, United Kingdom',
] as const

export function resumePdf(lines: readonly string[] = LINES): Buffer {
  const shown = lines.map((line) => `(${escaped(line)}) Tj T*`).join(' ')
  const content = `BT /F1 14 Tf 60 760 Td 20 TL ${shown} ET`
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ]
  let text = '%PDF-1.4\n'
  const places = objects.map((object, index) => {
    const at = text.length
    text += `${index + 1} 0 obj\n${object}\nendobj\n`
    return at
  })
  const rows = places.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('')
  const head = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}`
  return Buffer.from(
    `${text}${head}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`,
    'latin1',
  )
}

/** Latin-1 keeps the last byte of other characters, perhaps a parenthesis. */
const escaped = (line: string): string => line.replace(/[^\x20-\xff]/g, '?').replace(/[\\()]/g, '\\$&')
