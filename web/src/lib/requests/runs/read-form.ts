export const FORM_TYPE = 'application/x-www-form-urlencoded'

export type FormField = { readonly name: string; readonly value: string | File }

const FORMS = /^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i

export const isForm = (type: string): boolean => FORMS.test(type)

export async function readForm(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<readonly FormField[] | null> {
  if (!isForm(type)) return null
  try {
    const data = await new Response(bytes, { headers: { 'Content-Type': type } }).formData()
    return [...data].map(([name, value]) => ({ name, value }))
  } catch {
    return null
  }
}
