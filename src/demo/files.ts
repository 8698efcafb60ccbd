export const RECORDS: readonly string[] = ['demo-1', 'demo-2', 'demo-3']

const job = (id: string, title: string, city: string, updated_at: string, closed = false) => ({
  id,
  title,
  location: city,
  description: `${title} in ${city}, full time.`,
  url: `https://careers.example.com/jobs/${id}`,
  updated_at,
  closed,
})

export const JOB_PAGES = [
  [
    job('J-101', 'Registered Nurse', 'Lyon', '2026-01-12T08:00:00Z'),
    job('J-102', 'Data Engineer', 'Paris', '2026-02-03T09:30:00Z'),
  ],
  [job('J-103', 'Account Manager', 'Nantes', '2026-02-17T16:45:00Z')],
] as const
