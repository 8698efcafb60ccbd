export function holdsValue(text: string, value: string): boolean {
  return holdsForm(text, formsOf(value))
}

export function maskValue(text: string, value: string): string {
  const forms = formsOf(value).map((form) => RegExp.escape(form))
  return text.replace(new RegExp(forms.join('|'), 'gi'), '***')
}

export function formsOf(value: string): readonly string[] {
  const json = JSON.stringify(value).slice(1, -1)
  const ascii = json.replace(/[^\x20-\x7e]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const url = encodeURIComponent(value)
  return [...new Set([value, json, ascii, url, url.replaceAll('%20', '+')].map((form) => form.toLowerCase()))]
}

export function holdsForm(text: string, forms: readonly string[]): boolean {
  const lower = text.toLowerCase()
  return forms.some((form) => lower.includes(form))
}
