/** Forms of github.com/grnhse/greenhouse-api-docs. */

import { type Data, iso, isoSeconds, type Job, jobOf, type Person, resumeUrl } from '../data/data.ts'
import { PLACES, STAGES } from '../data/words.ts'

export const candidateId = ({ number }: Person): number => 53_000_000 + number
const applicationId = ({ number }: Person): number => 69_000_000 + number
export const jobId = ({ number }: Pick<Job, 'number'>): number => 149_000 + number
export const USER = { id: 92_120, first_name: 'Demo', last_name: 'Admin', name: 'Demo Admin', employee_id: null }

const stageOf = ({ stage }: Person) => ({ id: 1_073_500 + stage, name: STAGES[stage] ?? STAGES[0] })
const statusOf = ({ isRejected }: Person): string => (isRejected ? 'rejected' : 'active')
const departmentOf = (job: Job) => ({ id: 25_900 + job.departmentNumber, name: job.department, external_id: null })
const officeId = ({ city }: Job): number => 47_000 + PLACES.findIndex((place) => place.city === city)

export function showJob(job: Job) {
  return {
    id: jobId(job),
    name: job.title,
    requisition_id: `REQ-${job.number}`,
    notes: job.description,
    confidential: false,
    status: job.isOpen ? 'open' : 'closed',
    created_at: iso(job.createdAt),
    opened_at: iso(job.createdAt),
    closed_at: job.isOpen ? null : iso(job.updatedAt),
    updated_at: iso(job.updatedAt),
    is_template: false,
    copied_from_id: null,
    departments: [{ ...departmentOf(job), parent_id: null, child_ids: [] }],
    offices: [{ id: officeId(job), name: job.city, location: { name: `${job.city}, France` }, external_id: null }],
    custom_fields: { employment_type: 'Full-time' },
    keyed_custom_fields: { employment_type: { name: 'Employment', type: 'single_select', value: 'Full-time' } },
    hiring_team: { hiring_managers: [USER], recruiters: [], coordinators: [], sourcers: [] },
    openings: [],
  }
}

export function showPost(job: Job, boardUrl: string) {
  return {
    id: 4_000_000 + job.number,
    internal_job_id: jobId(job),
    title: job.title,
    updated_at: iso(job.updatedAt),
    requisition_id: `REQ-${job.number}`,
    location: { name: `${job.city}, France` },
    absolute_url: `${boardUrl}/jobs/${4_000_000 + job.number}`,
    metadata: null,
    content: `${job.description}${job.requirements}`.replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    departments: [{ id: departmentOf(job).id, name: job.department }],
    offices: [{ id: officeId(job), name: job.city, location: `${job.city}, France` }],
  }
}

export function showApplication(data: Data, person: Person) {
  const job = jobOf(data, person)
  return {
    id: applicationId(person),
    candidate_id: candidateId(person),
    prospect: false,
    applied_at: iso(person.createdAt),
    rejected_at: person.isRejected ? iso(person.updatedAt) : null,
    last_activity_at: iso(person.updatedAt),
    location: { address: `${person.city}, France` },
    source: { id: 16, public_name: person.source },
    credited_to: USER,
    rejection_reason: null,
    rejection_details: null,
    jobs: [{ id: jobId(job), name: job.title }],
    job_post_id: 4_000_000 + job.number,
    status: statusOf(person),
    current_stage: stageOf(person),
    answers: [],
    prospect_detail: { prospect_pool: null, prospect_stage: null, prospect_owner: null },
    attachments: [],
  }
}

const contactsOf = (person: Person) => ({
  phone_numbers: [{ value: person.phone, type: 'mobile' }],
  addresses: [{ value: `${person.city}, France`, type: 'home' }],
  email_addresses: [{ value: person.email, type: 'personal' }],
  website_addresses: [],
  social_media_addresses: [],
})

const resumeOf = (person: Person, origin: string) => ({
  filename: `${person.firstName}_${person.lastName}.pdf`,
  url: resumeUrl(person, origin),
  type: 'resume',
})

export function showCandidate(data: Data, person: Person, origin: string) {
  return {
    id: candidateId(person),
    first_name: person.firstName,
    last_name: person.lastName,
    company: person.employer,
    title: person.title,
    created_at: iso(person.createdAt),
    updated_at: iso(person.updatedAt),
    last_activity: iso(person.updatedAt),
    is_private: false,
    photo_url: null,
    attachments: [{ ...resumeOf(person, origin), created_at: iso(person.createdAt) }],
    application_ids: [applicationId(person)],
    ...contactsOf(person),
    recruiter: null,
    coordinator: null,
    can_email: true,
    tags: person.skills,
    applications: [showApplication(data, person)],
    educations: [{ id: 561_000 + person.number, school_name: person.school, degree: 'Master', discipline: null }],
    employments: [{ id: 848_000 + person.number, company_name: person.employer, title: person.title }],
    linked_user_ids: [],
    custom_fields: {},
    keyed_custom_fields: {},
  }
}

export function showApplicationEvent(data: Data, person: Person, origin: string) {
  const job = jobOf(data, person)
  return {
    application: {
      id: applicationId(person),
      rejected_at: null,
      prospect: false,
      status: 'active',
      applied_at: isoSeconds(person.createdAt),
      last_activity_at: isoSeconds(person.updatedAt),
      url: `${origin}/people/${candidateId(person)}?application_id=${applicationId(person)}`,
      source: { id: 16, name: person.source },
      credited_to: { id: USER.id, email: 'admin@example.com', name: USER.name, employee_id: null },
      rejection_reason: null,
      rejection_details: null,
      current_stage: { ...stageOf(person), interviews: [] },
      prospect_detail: { prospect_pool: null, prospect_stage: null, prospect_owner: null },
      custom_fields: {},
      candidate: {
        id: candidateId(person),
        first_name: person.firstName,
        last_name: person.lastName,
        title: person.title,
        company: person.employer,
        created_at: isoSeconds(person.createdAt),
        external_id: null,
        photo_url: null,
        url: `${origin}/people/${candidateId(person)}`,
        is_private: false,
        can_email: true,
        ...contactsOf(person),
        educations: [{ school_name: person.school, degree: 'Master', discipline: null }],
        employments: [],
        recruiter: null,
        coordinator: null,
        attachments: [resumeOf(person, origin)],
        tags: person.skills,
        custom_fields: {},
      },
      jobs: [{ ...showEventJob(job), url: `${origin}/sdash/${jobId(job)}` }],
    },
  }
}

const showEventJob = (job: Job) => ({
  id: jobId(job),
  name: job.title,
  requisition_id: `REQ-${job.number}`,
  notes: null,
  confidential: false,
  job_post_id: 4_000_000 + job.number,
  status: job.isOpen ? 'open' : 'closed',
  created_at: isoSeconds(job.createdAt),
  opened_at: isoSeconds(job.createdAt),
  closed_at: null,
  departments: [departmentOf(job)],
  offices: [{ id: officeId(job), name: job.city, location: `${job.city}, France`, external_id: null }],
  hiring_team: { hiring_managers: [{ user_id: USER.id, employee_id: null }], sourcers: [], recruiters: [] },
  custom_fields: {},
})

/** Harvest v3, without applications and attachments. */
export function showCandidateV3(person: Person) {
  return {
    id: candidateId(person),
    first_name: person.firstName,
    last_name: person.lastName,
    preferred_name: null,
    company: person.employer,
    title: person.title,
    created_at: iso(person.createdAt),
    updated_at: iso(person.updatedAt),
    last_activity_at: iso(person.updatedAt),
    private: false,
    can_email: true,
    ...contactsOf(person),
    tags: person.skills,
    custom_fields: [],
  }
}

export function showApplicationV3(data: Data, person: Person) {
  const job = jobOf(data, person)
  return {
    id: applicationId(person),
    candidate_id: candidateId(person),
    job_id: jobId(job),
    prospect: false,
    status: statusOf(person),
    stage_id: stageOf(person).id,
    stage_name: stageOf(person).name,
    created_at: iso(person.createdAt),
    updated_at: iso(person.updatedAt),
    last_activity_at: iso(person.updatedAt),
    rejected_at: person.isRejected ? iso(person.updatedAt) : null,
  }
}

export const showAttachmentV3 = (person: Person, origin: string) => ({
  id: 71_000_000 + person.number,
  candidate_id: candidateId(person),
  application_id: applicationId(person),
  ...resumeOf(person, origin),
  created_at: iso(person.createdAt),
})

export const showNote = (id: number, body: string, visibility: string, now: number) => ({
  id,
  created_at: isoSeconds(now),
  body,
  user: USER,
  private: visibility === 'private',
  // Greenhouse's API has this misspelling.
  visiblity: visibility,
  visibility,
})
