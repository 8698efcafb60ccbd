import type { PersonLanguage } from '../../../domain/shared/person-language.ts'

export type ViewRow = {
  id: string
  owner_id: string
  name: string
  search: string
  shared: 0 | 1
  created_by_json: string
  created_at: number
}

export type PeopleTables = {
  person_languages: { person_id: string; language: PersonLanguage }
  views: ViewRow
}
