/** Ready commands to call a hook. */

import { exampleWithSource } from '../../../lib/examples.ts'

export const CURL_FORMS = [
  { value: 'json', label: 'JSON' },
  { value: 'form', label: 'Form' },
  { value: 'multipart', label: 'Multipart' },
] as const
export type CurlForm = (typeof CURL_FORMS)[number]['value']

/** A command that can be pasted into a shell; `-i` shows the status and the headers. `json` is the body to send. */
export function curlCommand(url: string, form: CurlForm, json: string): string {
  const lines = {
    json: ["-H 'Content-Type: application/json'", `-d ${quote(json)}`],
    form: ["--data-urlencode 'name=Ada'", "--data-urlencode 'job=JOB-42'"],
    multipart: ["-F 'name=Ada'", "-F 'resume=@resume.pdf;type=application/pdf'"],
  }[form]
  return `curl -i ${quote(url)}${lines.map((line) => ` \\\n  ${line}`).join('')}`
}

/** The JSON body of the code's example, or a small one. */
export function sampleJson(source: string | undefined): string {
  const sample = exampleWithSource(source ?? '')?.sample_request
  return sample?.headers['Content-Type'] === 'application/json' ? sample.body : '{"name": "Ada"}'
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
