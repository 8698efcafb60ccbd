/** From the senders' documentation, shortened. */

import { fieldsReadBy, type SampleRequest, sampleFromCode } from '../runs/sample-request.ts'
import type { HeaderPairs } from '../shared/headers.ts'
import type { SenderCheck } from './sender-check.ts'

type Event = { readonly headers?: HeaderPairs; readonly body: Readonly<Record<string, unknown>> }

const EVENTS: { readonly [Scheme in SenderCheck['scheme']]?: Event } = {
  hrflow: {
    body: {
      type: 'profile.parsing.success',
      origin: 'api',
      message: 'Profile parsing succeeded',
      profile: {
        key: '0123456789abcdef0123456789abcdef01234567',
        source: { key: 'fedcba9876543210fedcba9876543210fedcba98' },
      },
    },
  },
  github: {
    headers: [['X-GitHub-Event', 'push']],
    body: {
      ref: 'refs/heads/main',
      repository: { id: 1, full_name: 'ada/engine', html_url: 'https://github.com/ada/engine' },
      pusher: { name: 'ada', email: 'ada@example.com' },
      commits: [{ id: '0123456789abcdef0123456789abcdef01234567', message: 'Add notes', author: { name: 'Ada' } }],
    },
  },
  stripe: {
    body: {
      id: 'evt_1',
      object: 'event',
      type: 'payment_intent.succeeded',
      created: 1767225600,
      data: { object: { id: 'pi_1', object: 'payment_intent', amount: 2000, currency: 'eur', status: 'succeeded' } },
    },
  },
  greenhouse: {
    body: {
      action: 'new_candidate_application',
      payload: {
        application: {
          id: 1,
          status: 'active',
          candidate: {
            id: 2,
            first_name: 'Ada',
            last_name: 'Lovelace',
            email_addresses: [{ value: 'ada@example.com', type: 'personal' }],
            attachments: [{ filename: 'cv.pdf', url: 'https://example.com/cv.pdf', type: 'resume' }],
          },
          jobs: [{ id: 3, name: 'Engineer' }],
        },
      },
    },
  },
  smartrecruiters: {
    headers: [['event-name', 'job.updated']],
    body: { id: '3a2b1c', job_id: '3a2b1c', event: 'job.updated' },
  },
  workable: {
    body: {
      id: '1',
      event_type: 'candidate_created',
      fired_at: '2026-01-31T08:00:00Z',
      data: { id: '2', name: 'Ada Lovelace', email: 'ada@example.com', job: { shortcode: 'ABC', title: 'Engineer' } },
    },
  },
  recruitee: {
    body: {
      id: 1,
      event_type: 'new_application',
      payload: {
        candidate: { id: 2, name: 'Ada Lovelace', emails: ['ada@example.com'], cv_url: 'https://example.com/cv.pdf' },
        offers: [{ id: 3, title: 'Engineer' }],
      },
    },
  },
  ashby: {
    body: {
      action: 'applicationSubmit',
      data: {
        application: { id: '1', candidate: { id: '2', name: 'Ada Lovelace' }, job: { id: '3', title: 'Engineer' } },
      },
    },
  },
  typeform: {
    body: {
      event_id: '1',
      event_type: 'form_response',
      form_response: {
        form_id: 'abc',
        submitted_at: '2026-01-31T08:00:00Z',
        answers: [{ type: 'email', email: 'ada@example.com', field: { ref: 'email', type: 'email' } }],
      },
    },
  },
  indeed: {
    body: {
      id: '1',
      appliedOnMillis: 1769846400000,
      job: { jobId: '2', jobTitle: 'Engineer', jobCompany: 'Example' },
      applicant: {
        fullName: 'Ada Lovelace',
        email: 'ada@example.com',
        resume: { file: { fileName: 'cv.txt', contentType: 'text/plain', data: 'QWRhIExvdmVsYWNl' } },
      },
    },
  },
  standard_webhooks: {
    body: { type: 'user.created', timestamp: '2026-01-31T08:00:00Z', data: { id: '1', email: 'ada@example.com' } },
  },
}

/** Uses the code if it reads fields that the event lacks. */
export function sampleFor({ scheme }: SenderCheck, source: string): SampleRequest {
  const fromCode = sampleFromCode(source)
  const event = EVENTS[scheme]
  if (event === undefined || !fieldsReadBy(source).every((path) => hasPath(event.body, path))) return fromCode
  const own = [['Content-Type', 'application/json'] as const, ...(event.headers ?? [])]
  const taken = new Set(own.map(([name]) => name.toLowerCase()))
  const others = fromCode.headers.filter(([name]) => !taken.has(name.toLowerCase()))
  return {
    ...fromCode,
    headers: [...own, ...others],
    body: Buffer.from(JSON.stringify(event.body, null, 2)),
    source: 'sender',
  }
}

function hasPath(value: unknown, path: readonly string[]): boolean {
  let now = value
  for (const key of path) {
    // Reads inside a list or a text do not depend on the event's shape.
    if (typeof now !== 'object' || now === null || Array.isArray(now)) return true
    if (!Object.hasOwn(now, key)) return false
    now = Object.entries(now).find(([name]) => name === key)?.[1]
  }
  return true
}
