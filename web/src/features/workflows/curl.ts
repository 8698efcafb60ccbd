export const CURL_FORMS = [
  { value: 'json', label: 'JSON', lines: ["-H 'Content-Type: application/json'", `-d '{"name": "Ada"}'`] },
  { value: 'form', label: 'Form', lines: ["--data-urlencode 'name=Ada'", "--data-urlencode 'job=JOB-42'"] },
  { value: 'multipart', label: 'Multipart', lines: ["-F 'name=Ada'", "-F 'resume=@resume.pdf;type=application/pdf'"] },
] as const
export type CurlForm = (typeof CURL_FORMS)[number]['value']

/** A command that can be pasted into a shell; `-i` shows the status and the headers. */
export function curlCommand(url: string, form: CurlForm): string {
  const lines = CURL_FORMS.find((candidate) => candidate.value === form)?.lines ?? []
  return ['curl -i', `'${url.replaceAll("'", "'\\''")}'`].join(' ') + lines.map((line) => ` \\\n  ${line}`).join('')
}
