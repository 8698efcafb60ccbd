/** French phone numbers that begin with +33 1 99 00 are fictional. */

export const COMPANY = 'Nordwind'

export const FIRST_NAMES = [
  'Ada',
  'Louis',
  'Inès',
  'Hugo',
  'Léa',
  'Noah',
  'Camille',
  'Jules',
  'Sofia',
  'Adam',
  'Chloé',
  'Malik',
  'Zoé',
  'Oscar',
  'Nina',
  'Rayan',
  'Elif',
  'Mateo',
  'Hanna',
  'Sami',
] as const

export const LAST_NAMES = [
  'Martin',
  'Bernard',
  'Moreau',
  'Petit',
  'Garcia',
  'Laurent',
  'Diallo',
  'Nguyen',
  'Schmidt',
  'Rossi',
  'Kaya',
  'Lopez',
  'Dubois',
  'Haddad',
  'Novak',
  'Silva',
  'Fontaine',
  'Okafor',
  'Lindberg',
  'Marchand',
] as const

export const ROLES = [
  { title: 'Registered Nurse', department: 'Care', skills: ['First aid', 'Triage', 'Patient care', 'Medication'] },
  { title: 'Data Engineer', department: 'Technology', skills: ['Python', 'SQL', 'Airflow', 'Kafka'] },
  { title: 'Account Manager', department: 'Sales', skills: ['Negotiation', 'CRM', 'Forecasting', 'German'] },
  { title: 'Warehouse Lead', department: 'Operations', skills: ['Forklift licence', 'Planning', 'Safety', 'SAP'] },
  { title: 'UX Designer', department: 'Product', skills: ['Figma', 'Research', 'Prototyping', 'HTML'] },
  { title: 'Backend Developer', department: 'Technology', skills: ['TypeScript', 'PostgreSQL', 'Docker', 'Linux'] },
  { title: 'Payroll Specialist', department: 'Finance', skills: ['Payroll', 'Labour law', 'Excel', 'Accounting'] },
  { title: 'Customer Adviser', department: 'Support', skills: ['Customer care', 'Spanish', 'Writing', 'Zendesk'] },
] as const

export const DEPARTMENTS: readonly string[] = [...new Set(ROLES.map(({ department }) => department))]

export const PLACES = [
  { city: 'Paris', region: 'Île-de-France', zip: '75010' },
  { city: 'Lyon', region: 'Auvergne-Rhône-Alpes', zip: '69003' },
  { city: 'Nantes', region: 'Pays de la Loire', zip: '44000' },
  { city: 'Lille', region: 'Hauts-de-France', zip: '59000' },
  { city: 'Bordeaux', region: 'Nouvelle-Aquitaine', zip: '33000' },
] as const

export const EMPLOYERS = ['Atelier Lumen', 'Groupe Sana', 'Meridian Logistics', 'Studio Carmin', 'Banque Alba'] as const
export const SCHOOLS = ['University of Lyon', 'University of Nantes', 'Lycée Diderot', 'University of Lille'] as const
export const SOURCES = ['Careers site', 'Referral', 'Job board', 'LinkedIn'] as const
export const STAGES = ['Applied', 'Phone screen', 'Interview', 'Offer'] as const
