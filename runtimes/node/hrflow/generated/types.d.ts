// Generated from the Python package hrflow 4.3.0.

import type { Answer, HrflowFile, Place, WebhookHandler } from '../common.d.ts'

export interface Attachment {
  type?: string | null
  alt?: string | null
  file_size?: string | null
  file_name?: string | null
  original_file_name?: string | null
  extension?: string | null
  public_url?: string | null
  updated_at?: string | null
  created_at?: string | null
}

export interface Board {
  /** Identification key of the Board. */
  key: string
  /** Name of the Board. */
  name: string
  /** Type of the Board, Example: api, folder. */
  type: string
  /** Subtype of the Board, Example: python, excel. */
  subtype: string
  /** Environment of the Board, Example: production, staging, test. */
  environment: string
}

export interface Education {
  /** Identification key of the Education. */
  key?: string | null
  /** School name of the Education. */
  school?: string | null
  /** Logo of the School. */
  logo?: string | null
  /** Title of the Education. */
  title?: string | null
  /** Description of the Education. */
  description?: string | null
  /** Location object of the Education. */
  location?: Location | null
  /** Start date of the Education. type: ('datetime ISO 8601'). */
  date_start?: string | null
  /** End date of the Education. type: ('datetime ISO 8601'). */
  date_end?: string | null
  /** List of skills of the Education. */
  skills?: Skill[] | null
  /** List of certifications of the Education. */
  certifications?: GeneralEntitySchema[] | null
  /** List of courses of the Education. */
  courses?: GeneralEntitySchema[] | null
  /** List of tasks of the Education. */
  tasks?: GeneralEntitySchema[] | null
  /** List of spoken languages of the profile. */
  languages?: GeneralEntitySchema[] | null
  /** List of interests of the Experience. */
  interests?: GeneralEntitySchema[] | null
}

export interface Experience {
  /** Identification key of the Experience. */
  key?: string | null
  /** Company name of the Experience. */
  company?: string | null
  /** Logo of the Company. */
  logo?: string | null
  /** Title of the Experience. */
  title?: string | null
  /** Description of the Experience. */
  description?: string | null
  /** Location object of the Experience. */
  location?: Location | null
  /** Start date of the experience. type: ('datetime ISO 8601'). */
  date_start?: string | null
  /** End date of the experience. type: ('datetime ISO 8601'). */
  date_end?: string | null
  /** List of skills of the Experience. */
  skills?: Skill[] | null
  /** List of certifications of the Experience. */
  certifications?: GeneralEntitySchema[] | null
  /** List of courses of the Experience. */
  courses?: GeneralEntitySchema[] | null
  /** List of tasks of the Experience. */
  tasks?: GeneralEntitySchema[] | null
  /** List of spoken languages of the profile. */
  languages?: GeneralEntitySchema[] | null
  /** List of interests of the Experience. */
  interests?: GeneralEntitySchema[] | null
}

export interface GeneralEntitySchema {
  /** Identification name of the Object. */
  name: string
  /** Value associated to the Object's name. */
  value?: string | null
}

export interface HrFlowJob {
  /** Identification key of the Job. */
  key?: string | null
  /** Custom identifier of the Job. */
  reference?: string | null
  /** Job title. */
  name: string
  /** Identification key of the Board attached to the Job. */
  board_key: string
  /** Job location object. */
  location: Location
  /** Job custom sections. */
  sections?: Section[] | null
  /** Describes the company's values, work environment, and ethos. */
  culture?: string | null
  /** Lists the perks and advantages offered to employees. */
  benefits?: string | null
  /** Outlines the duties and tasks expected from the role. */
  responsibilities?: string | null
  /** Specifies the qualifications and skills needed for the position. */
  requirements?: string | null
  /** Provides information about the interview process and stages. */
  interviews?: string | null
  /** Job post original URL. */
  url?: string | null
  /** Brief summary of the Job. */
  summary?: string | null
  board?: Board | null
  /** Type: datetime ISO8601, Archive date of the Job. The value is null for unarchived Jobs. */
  archived_at?: string | null
  /** Type: datetime ISO8601, Last update date of the Job. */
  updated_at?: string | null
  /** Type: datetime ISO8601, Creation date of the Job. */
  created_at?: string | null
  /** List of skills of the Job. */
  skills?: Skill[] | null
  /** List of spoken languages of the Job. */
  languages?: GeneralEntitySchema[] | null
  /** List of certifications of the Job. */
  certifications?: GeneralEntitySchema[] | null
  /** List of courses of the Job. */
  courses?: GeneralEntitySchema[] | null
  /** List of tasks of the Job. */
  tasks?: GeneralEntitySchema[] | null
  /** List of tags of the Job. */
  tags?: GeneralEntitySchema[] | null
  /** List of metadatas of the Job. */
  metadatas?: GeneralEntitySchema[] | null
  /** List of ranges of floats. */
  ranges_float?: RangesFloat[] | null
  /** List of ranges of dates. */
  ranges_date?: RangesDate[] | null
}

export interface HrFlowProfile {
  /** Identification key of the Profile. */
  key?: string | null
  /** Custom identifier of the Profile. */
  reference?: string | null
  /** Object containing the Profile's info. */
  info: ProfileInfo
  /** Code language of the Profile. type: string code ISO 639-1. */
  text_language?: string | null
  /** Full text of the Profile.. */
  text: string
  /** Type: datetime ISO8601, Archive date of the Profile. The value is null for unarchived Profiles. */
  archived_at?: string | null
  /** Type: datetime ISO8601, Last update date of the Profile. */
  updated_at?: string | null
  /** Type: datetime ISO8601, Creation date of the Profile. */
  created_at?: string | null
  /** Total number of years of experience. */
  experiences_duration?: number | null
  /** Total number of years of education. */
  educations_duration?: number | null
  /** List of experiences of the Profile. */
  experiences?: Experience[] | null
  /** List of educations of the Profile. */
  educations?: Education[] | null
  /** List of documents attached to the Profile. */
  attachments?: Attachment[] | null
  /** List of skills of the Profile. */
  skills?: Skill[] | null
  /** List of spoken languages of the profile. */
  languages?: GeneralEntitySchema[] | null
  /** List of certifications of the Profile. */
  certifications?: GeneralEntitySchema[] | null
  /** List of courses of the Profile. */
  courses?: GeneralEntitySchema[] | null
  /** List of tasks of the Profile. */
  tasks?: GeneralEntitySchema[] | null
  /** List of interests of the Profile. */
  interests?: GeneralEntitySchema[] | null
  /** List of tags of the Profile. */
  tags?: GeneralEntitySchema[] | null
  /** List of metadatas of the Profile. */
  metadatas?: GeneralEntitySchema[] | null
  /** List of labels of the Profile. */
  labels?: Label[] | null
}

export interface Label {
  /** Identification key of the Board attached to the Job. */
  board_key: string
  /** Identification key of the Job. */
  job_key?: string | null
  /** Custom identifier of the Job. */
  job_reference?: string | null
  /** Stage of the job. */
  stage: string
  /** Date when the job reached this stage. */
  date_stage: string
  /** Rating associated with the job. */
  rating: number
  /** Date when the rating was given. */
  date_rating: string
}

export interface Location {
  /** Location text address. */
  text?: string | null
  /** Geocentric latitude of the Location. */
  lat?: number | null
  /** Geocentric longitude of the Location. */
  lng?: number | null
  /** Other location attributes like country, country_code etc. */
  fields?: LocationFields | null
}

export interface LocationFields {
  category?: string | null
  city?: string | null
  city_district?: string | null
  country?: string | null
  country_region?: string | null
  entrance?: string | null
  house?: string | null
  house_number?: string | null
  island?: string | null
  level?: string | null
  near?: string | null
  po_box?: string | null
  postcode?: string | null
  road?: string | null
  staircase?: string | null
  state?: string | null
  state_district?: string | null
  suburb?: string | null
  text?: string | null
  unit?: string | null
  world_region?: string | null
}

export interface ProfileInfo {
  /** Profile full name. */
  full_name?: string | null
  /** Profile first name. */
  first_name?: string | null
  /** Profile last name. */
  last_name?: string | null
  /** Profile email. */
  email?: string | null
  /** Profile phone number. */
  phone?: string | null
  /** Profile date of birth. */
  date_birth?: string | null
  /** Profile location object. */
  location?: Location | null
  /** Profile social networks and URLs. */
  urls?: Url[] | null
  /** Profile picture url. */
  picture?: string | null
  /** Profile gender. */
  gender?: string | null
  /** Profile summary text. */
  summary?: string | null
}

export interface RangesDate {
  /** Identification name of a Range of dates attached to the Job. Example: availability. */
  name?: string | null
  /** Min value in datetime ISO 8601, Example: 500. */
  value_min?: string | null
  /** Max value in datetime ISO 8601, Example: 1000. */
  value_max?: string | null
}

export interface RangesFloat {
  /** Identification name of a Range of floats attached to the Job. Example: salary. */
  name?: string | null
  /** Min value. Example: 500. */
  value_min?: number | null
  /** Max value. Example: 100. */
  value_max?: number | null
  /** Unit of the value. Example: euros. */
  unit?: string | null
}

export interface Section {
  /** Identification name of a Section of the Job. Example: culture. */
  name?: string | null
  /** Display Title of a Section. Example: Corporate Culture. */
  title?: string | null
  /** Text description of a Section: Example: Our values areNone. */
  description?: string | null
}

export interface Skill {
  /** Identification name of the skill. */
  name: string
  /** Type of the skill. hard or soft. */
  type?: string | null
  /** Value associated to the skill. */
  value?: string | null
}

export interface Url {
  type?: 'from_resume' | 'linkedin' | 'twitter' | 'facebook' | 'github' | null
  url?: string | null
}

type File = 'profileFile' | 'profileFileName'
export type AddFolder = Omit<Parameters<Methods['profile']['parsing']['addFile']>[0], File> & {
  /** Path of the folder. */
  dirPath: string
  /** Whether to read the folders in it too. */
  isRecurcive?: boolean
  /** Folder to copy the files to that could not be parsed. */
  moveFailureTo?: string
}

/** @see https://developers.hrflow.ai/reference */
export interface Methods {
  readonly auth: {
    /**
     * Try your API Keys.
     * `GET auth`, in Python `auth.get`.
     */
    get(): Promise<Answer<any>>
  }
  readonly board: {
    /**
     * Get source given a board key.
     * `GET board`, in Python `board.get`.
     */
    get(given?: {
      /** Board_key. */
      key?: string | null
    }): Promise<Answer<Place>>
    /**
     * Search boards for given filters.
     * `GET boards`, in Python `board.list`.
     */
    list(given?: {
      name?: string | null
      /** Default: 1. */
      page?: number
      /** Default: 30. */
      limit?: number
      /** Default: "date". */
      sortBy?: string
      /** Default: "desc". */
      orderBy?: null | 'desc' | 'asc'
    }): Promise<Answer<Place[]>>
  }
  readonly job: {
    readonly asking: {
      /**
       * Ask a question to a Job indexed in a Board.
       * `GET job/asking`, in Python `job.asking.get`.
       */
      get(given: {
        /** The key of the Board associated to the job. */
        boardKey: string
        /** Questions based on the queried job. */
        questions: readonly string[]
        /** The Job reference chosen by the customer. */
        reference?: string | null
        /** The Job unique identifier. */
        key?: string | null
      }): Promise<Answer<any>>
    }
    readonly embedding: {
      /**
       * Retrieve the parsing information.
       * `GET job/embedding`, in Python `job.embedding.get`.
       */
      get(given: {
        /** Board id. */
        boardKey: string
        /** Job id. */
        key?: string | null
        /** Job_reference. */
        reference?: string | null
      }): Promise<Answer<any>>
    }
    readonly matching: {
      /**
       * Match Jobs indexed in Boards to a Job.
       * `GET jobs/matching`, in Python `job.matching.list`.
       */
      list(given: {
        /** The key of the Board in which the job is indexed. */
        boardKey: string
        /** The key of a specific job to macth with. */
        jobKey?: string | null
        /** The reference of a specific job to macth with. */
        jobReference?: string | null
        /** A list of keys for multiple Boards of profiles to be matched with the specific job. Example : ["xxx", "yyy", "zzz"]. */
        boardKeys: readonly string[]
        /** Number of the page associated to the pagination. Default: 1. */
        page?: number
        /** Number of fetched jobs/page. Default: 30. */
        limit?: number
        /** Default: "created_at". */
        sortBy?: 'created_at' | 'updated_at' | 'location' | 'location_experience' | 'location_education' | 'searching' | 'scoring'
        orderBy?: null | 'desc' | 'asc'
        /** The minimum date of creation of the targeted Jobs. Format: "YYYY-MM-DD". */
        createdAtMin?: string | null
        /** The maximum date of creation of the targeted Jobs. Format: "YYYY-MM-DD". */
        createdAtMax?: string | null
        /** Any other parameter of the API, in camelCase. */
        [name: string]: unknown
      }): Promise<Answer<{ jobs: HrFlowJob[]; predictions: [number, number][] }>>
    }
    readonly scoring: {
      /**
       * Retrieve the scoring information.
       * `GET jobs/scoring`, in Python `job.scoring.list`.
       */
      list(given: {
        boardKeys: readonly string[]
        sourceKey?: string | null
        profileKey?: string | null
        useAgent?: string | null
        agentKey?: string | null
        stage?: null | 'new' | 'yes' | 'later' | 'no'
        /** Number of the page associated to the pagination. Default: 1. */
        page?: number
        /** Number of fetched profiles/page. Default: 30. */
        limit?: number
        /** Default: "created_at". */
        sortBy?: 'created_at' | 'updated_at' | 'location' | 'location_experience' | 'location_education' | 'searching' | 'scoring'
        orderBy?: null | 'desc' | 'asc'
        /** Any other parameter of the API, in camelCase. */
        [name: string]: unknown
      }): Promise<Answer<{ jobs: HrFlowJob[]; predictions: [number, number][] }>>
    }
    readonly searching: {
      /**
       * Retrieve the scoring information.
       * `GET jobs/searching`, in Python `job.searching.list`.
       */
      list(given: {
        boardKeys: readonly string[]
        stage?: null | 'new' | 'yes' | 'later' | 'no'
        /** Number of the page associated to the pagination. Default: 1. */
        page?: number
        /** Number of fetched profiles/page. Default: 30. */
        limit?: number
        /** Default: "created_at". */
        sortBy?: 'created_at' | 'updated_at' | 'location' | 'location_experience' | 'location_education' | 'searching' | 'scoring'
        orderBy?: null | 'desc' | 'asc'
        /** Any other parameter of the API, in camelCase. */
        [name: string]: unknown
      }): Promise<Answer<{ jobs: HrFlowJob[] }>>
    }
    readonly storing: {
      /**
       * This endpoint allows you to Index a Job object.
       * `POST job/indexing`, in Python `job.storing.add_json`.
       */
      addJson(given: {
        boardKey: string
        jobJson: Partial<HrFlowJob> & Record<string, unknown>
      }): Promise<Answer<HrFlowJob>>
      /**
       * This method allows to archive (is_archive=1) or unarchive (is_archive=0) a job in HrFlow.ai.
       * `PATCH job/indexing/archive`, in Python `job.storing.archive`.
       */
      archive(given: {
        /** Board identifier. */
        boardKey: string
        /** Job identifier (key). */
        key?: string | null
        /** Job identifier (reference). */
        reference?: string | null
      }): Promise<Answer<any>>
      /**
       * Edit a job already stored in the given source.
       * `PUT job/indexing`, in Python `job.storing.edit`.
       */
      edit(given: {
        boardKey: string
        jobJson: Partial<HrFlowJob> & Record<string, unknown>
        key?: string | null
      }): Promise<Answer<HrFlowJob>>
      /**
       * Retrieve the parsing information.
       * `GET job/indexing`, in Python `job.storing.get`.
       */
      get(given: {
        /** Board id. */
        boardKey: string
        /** Job id. */
        key?: string | null
        /** Job_reference. */
        reference?: string | null
      }): Promise<Answer<HrFlowJob>>
      /**
       * This method allows you to retrieve the list of jobs stored in a Board.
       * `GET storing/jobs`, in Python `job.storing.list`.
       */
      list(given: {
        /** The list of the keys of the Boards containing the targeted Jobs. Example : ["xxx", "yyy", "zzz"]. */
        boardKeys: readonly string[]
        /** The name of the targeted Jobs. */
        name?: string | null
        /** The key (job's unique identifier) of the targeted Jobs. */
        key?: string | null
        /** The reference of the targeted Jobs. */
        reference?: string | null
        /** The latitude of the targeted Jobs. */
        locationLat?: number | null
        /** The longitude of the targeted Jobs. */
        locationLon?: number | null
        /** The distance of the targeted Jobs. (Set a radius around the Jobs'' location address (in Km).). */
        locationDist?: number | null
        /** If set to true, the full JSON of each job in the array response will be returned, otherwise only the dates, the reference and the keys. Default: false. */
        returnJob?: boolean
        /** The page number of the targeted Jobs. Default: 1. */
        page?: number
        /** The number of Jobs to return per page. Default: 30. */
        limit?: number
        /** The order of the Jobs to return. Possible values are "asc" and "desc". Default: "desc". */
        orderBy?: null | 'desc' | 'asc'
        /** The field on which the Jobs will be sorted. Possible values are "created_at" or "updated_at". Default: "created_at". */
        sortBy?: 'created_at' | 'updated_at' | 'location' | 'location_experience' | 'location_education' | 'searching' | 'scoring'
        /** The minimum date of creation of the targeted Jobs. Format : "YYYY-MM-DD". */
        createdAtMin?: string | null
        /** The maximum date of creation of the targeted Jobs. Format : "YYYY-MM-DD". */
        createdAtMax?: string | null
      }): Promise<Answer<HrFlowJob[]>>
    }
  }
  readonly profile: {
    readonly asking: {
      /**
       * Ask a question to a Profile indexed in a Source.
       * `GET profile/asking`, in Python `profile.asking.get`.
       */
      get(given: {
        /** The key of the Source associated to the profile. */
        sourceKey: string
        /** Question based on the queried profile. reference:      str The Profile reference chosen by the customer. key:            str The Profile unique identifier. */
        questions: readonly string[]
        reference?: string | null
        key?: string | null
      }): Promise<Answer<any>>
    }
    readonly attachment: {
      /**
       * Retrieve the interpretability information.
       * `GET profile/indexing/attachments`, in Python `profile.attachment.list`.
       */
      list(given: {
        sourceKey: string
        key?: string | null
        /** Profile_reference. */
        reference?: string | null
        /** Profile_email. */
        email?: string | null
      }): Promise<Answer<any>>
    }
    readonly embedding: {
      /**
       * Retrieve the interpretability information.
       * `GET profile/embedding`, in Python `profile.embedding.get`.
       */
      get(given: {
        sourceKey: string
        key?: string | null
        /** Profile_reference. */
        reference?: string | null
        /** Profile_email fields:                 json object fields. */
        email?: string | null
        /** Default: {}. */
        fields?: object
      }): Promise<Answer<any>>
    }
    readonly grading: {
      /**
       * Grade a Profile indexed in a Source for a Job.
       * `GET profile/grading`, in Python `profile.grading.get`.
       */
      get(given: {
        /** The key of the grading algorithm to use. Refer to the documentation: https://developers.hrflow.ai/reference/grade-a-profile-indexed-in-a-source-for-a-job for all possible values. */
        algorithmKey: string
        /** The key of the Source where the profile to grade is indexed. */
        sourceKey: string
        /** The key of the Board where the job to grade to is indexed. */
        boardKey: string
        /** (Optional) The Profile unique identifier. */
        profileKey?: string | null
        /** (Optional) The Profile reference chosen by the customer. */
        profileReference?: string | null
        /** (Optional) The Job unique identifier. */
        jobKey?: string | null
        /** (Optional) The Job reference chosen by the customer. */
        jobReference?: string | null
      }): Promise<Answer<any>>
    }
    readonly matching: {
      /**
       * Match Profils indexed in Sources to a Profile.
       * `GET profiles/matching`, in Python `profile.matching.list`.
       */
      list(given: {
        /** The key of the Source in which the profile is indexed. */
        sourceKey: string
        /** The key of a specific profile to macth with. */
        profileKey?: string | null
        /** The reference of a specific profile to macth with. */
        profileReference?: string | null
        /** A list of keys for multiple Sources of profiles to be matched with the profile. */
        sourceKeys: readonly string[]
        /** The page number for pagination. Default: 1. */
        page?: number
        /** Number of profiles to fetch per page. Default: 30. */
        limit?: number
        /** The field to sort by. Default: "created_at". */
        sortBy?: 'created_at' | 'updated_at' | 'location' | 'location_experience' | 'location_education' | 'searching' | 'scoring'
        /** The order of sorting, either 'asc' or 'desc'. */
        orderBy?: null | 'desc' | 'asc'
        /** The minimum creation date of the profiles in format "YYYY-MM-DD". */
        createdAtMin?: string | null
        /** The maximum creation date of the profiles in format "YYYY-MM-DD". */
        createdAtMax?: string | null
        /** Any other parameter of the API, in camelCase. */
        [name: string]: unknown
      }): Promise<Answer<{ profiles: HrFlowProfile[]; predictions: [number, number][] }>>
    }
    readonly parsing: {
      /**
       * Add a profile resume to a sourced key.
       * `POST profile/parsing/file`, in Python `profile.parsing.add_file`.
       */
      addFile(given: {
        sourceKey: string
        /** Source_key. */
        key?: string | null
        /** Profile binary. */
        profileFile: HrflowFile
        /** File name. */
        profileFileName?: string | null
        /** File content type. */
        profileContentType?: string | null
        /** Reference to assign to the profile. */
        reference?: string | null
        /** Original date of the application of the profile as ISO format. */
        createdAt?: string | null
        /** Profile's label. Default: []. */
        labels?: readonly object[]
        /** Profile's tag. Default: []. */
        tags?: readonly object[]
        /** Profile's metadatas. Default: []. */
        metadatas?: readonly object[]
        /** 0 or 1. Default: 0. */
        syncParsing?: number
        /** 0 or 1. Default: 1. */
        syncParsingIndexing?: number
        /** 0 or 1. Default: 0. */
        webhookParsingSending?: number
      }): Promise<Answer<any>>
      /** Parses the files of a folder, one after the other. */
      addFolder(given: AddFolder): Promise<{ success: Record<string, Answer<any>>; fail: Record<string, unknown> }>
      /**
       * Retrieve Parsing information.
       * `GET profile/parsing`, in Python `profile.parsing.get`.
       */
      get(given?: {
        sourceKey?: string | null
        key?: string | null
        /** Profile_reference. */
        reference?: string | null
        /** Profile_email. */
        email?: string | null
      }): Promise<Answer<HrFlowProfile>>
    }
    readonly revealing: {
      /**
       * Retrieve Parsing information.
       * `GET profile/revealing`, in Python `profile.revealing.get`.
       */
      get(given?: {
        sourceKey?: string | null
        key?: string | null
        /** Profile_reference. */
        reference?: string | null
        /** Profile_email. */
        email?: string | null
      }): Promise<Answer<any>>
    }
    readonly scoring: {
      /**
       * Retrieve the scoring information.
       * `GET profiles/scoring`, in Python `profile.scoring.list`.
       */
      list(given: {
        sourceKeys: readonly string[]
        boardKey?: string | null
        jobKey?: string | null
        /** Default: 1. */
        useAgent?: number
        agentKey?: string | null
        stage?: null | 'new' | 'yes' | 'later' | 'no'
        /** Number of the page associated to the pagination. Default: 1. */
        page?: number
        /** Number of fetched profiles/page. Default: 30. */
        limit?: number
        /** Default: "created_at". */
        sortBy?: 'created_at' | 'updated_at' | 'location' | 'location_experience' | 'location_education' | 'searching' | 'scoring'
        orderBy?: null | 'desc' | 'asc'
        /** Any other parameter of the API, in camelCase. */
        [name: string]: unknown
      }): Promise<Answer<{ profiles: HrFlowProfile[]; predictions: [number, number][] }>>
    }
    readonly searching: {
      /**
       * Retrieve the scoring information.
       * `GET profiles/searching`, in Python `profile.searching.list`.
       */
      list(given: {
        sourceKeys: readonly string[]
        stage?: null | 'new' | 'yes' | 'later' | 'no'
        /** Number of the page associated to the pagination. Default: 1. */
        page?: number
        /** Number of fetched profiles/page. Default: 30. */
        limit?: number
        /** Default: "created_at". */
        sortBy?: 'created_at' | 'updated_at' | 'location' | 'location_experience' | 'location_education' | 'searching' | 'scoring'
        orderBy?: null | 'desc' | 'asc'
        /** Any other parameter of the API, in camelCase. */
        [name: string]: unknown
      }): Promise<Answer<{ profiles: HrFlowProfile[] }>>
    }
    readonly storing: {
      /**
       * This endpoint allows you to Index a Profile object.
       * `POST profile/indexing`, in Python `profile.storing.add_json`.
       */
      addJson(given: {
        sourceKey: string
        profileJson: Partial<HrFlowProfile> & Record<string, unknown>
      }): Promise<Answer<HrFlowProfile>>
      /**
       * This method allows to archive (is_archive=1) or unarchive (is_archive=0) a profile in HrFlow.ai.
       * `PATCH profile/indexing/archive`, in Python `profile.storing.archive`.
       */
      archive(given: {
        /** Source identifier. */
        sourceKey: string
        /** Profile identifier (key). */
        key?: string | null
        /** Profile identifier (reference). */
        reference?: string | null
        /** Profile_email. */
        email?: string | null
      }): Promise<Answer<any>>
      /**
       * Edit a profile already stored in the given source.
       * `PUT profile/indexing`, in Python `profile.storing.edit`.
       */
      edit(given: {
        sourceKey: string
        profileJson: Partial<HrFlowProfile> & Record<string, unknown>
        key?: string | null
      }): Promise<Answer<HrFlowProfile>>
      /**
       * Get a Profile indexed in a Source.
       * `GET profile/indexing`, in Python `profile.storing.get`.
       */
      get(given: {
        /** The key of the Source where the profile is indexed. */
        sourceKey: string
        /** The Profile unique identifier. */
        key?: string | null
        /** The Profile reference chosen by the customer. */
        reference?: string | null
      }): Promise<Answer<HrFlowProfile>>
      /**
       * This method allows you to retrieve the list of profiles stored in a Source.
       * `GET storing/profiles`, in Python `profile.storing.list`.
       */
      list(given: {
        /** The list of the keys of the Sources containing the targeted Profiles. Example : ["xxx", "yyy", "zzz"]. */
        sourceKeys: readonly string[]
        /** The name of the targeted Profiles. */
        name?: string | null
        /** The key (profile's unique identifier) of the targeted Profiles. */
        key?: string | null
        /** The reference of the targeted Profiles. */
        reference?: string | null
        /** The latitude of the targeted Profiles. */
        locationLat?: number | null
        /** The longitude of the targeted Profiles. */
        locationLon?: number | null
        /** The distance of the targeted Profiles. (Set a radius around the Profiles'' location address (in Km).). */
        locationDist?: number | null
        /** If set to true, the full JSON of each profile in the array response will be returned, otherwise only the dates, the reference and the keys. Default: false. */
        returnProfile?: boolean
        /** The page number of the targeted Profiles. Default: 1. */
        page?: number
        /** The number of Profiles to return per page. Default: 30. */
        limit?: number
        /** The order of the Profiles to return. Possible values are "asc" and "desc". Default: "desc". */
        orderBy?: null | 'desc' | 'asc'
        /** The field on which the Profiles will be sorted. Possible values are "created_at" or "updated_at". Default: "created_at". */
        sortBy?: 'created_at' | 'updated_at' | 'location' | 'location_experience' | 'location_education' | 'searching' | 'scoring'
        /** The minimum date of creation of the targeted Profiles. Format : "YYYY-MM-DD". */
        createdAtMin?: string | null
        /** The maximum date of creation of the targeted Profiles. Format : "YYYY-MM-DD". */
        createdAtMax?: string | null
      }): Promise<Answer<HrFlowProfile[]>>
    }
    readonly unfolding: {
      /**
       * Unfold the career path of a Profile.
       * `GET profile/unfolding`, in Python `profile.unfolding.get`.
       */
      get(given: {
        /** The key of the Source associated to the profile. */
        sourceKey: string
        /** The Profile reference chosen by the customer. */
        reference?: string | null
        /** The Profile unique identifier. */
        key?: string | null
        /** Number of predicted experiences to get into the target job position. Default: 1. */
        maxSteps?: number
        /** Target job description. */
        jobText?: string | null
      }): Promise<Answer<any>>
    }
  }
  readonly rating: {
    /**
     * This endpoint allows you to retrieve the list of ratings.
     * `GET ratings`, in Python `rating.get`.
     */
    get(given: {
      role: string
      sourceKeys?: readonly string[]
      sourceKey?: string | null
      profileKey?: string | null
      profileReference?: string | null
      boardKeys?: readonly string[]
      boardKey?: string | null
      jobKey?: string | null
      jobReference?: string | null
      /** Default: false. */
      returnProfile?: boolean
      /** Default: false. */
      returnAuthor?: boolean
      /** Default: 1. */
      page?: number
      /** Default: 30. */
      limit?: number
      /** Default: "desc". */
      orderBy?: string
      /** Default: "scoring". */
      sortBy?: string
      createdAtMin?: string | null
      createdAtMax?: string | null
      locationLat?: number | null
      locationLon?: number | null
      locationDistance?: number | null
      useLocationAddress?: string | null
      useLocationExperience?: string | null
      useLocationEducation?: string | null
      experiencesDurationMin?: number | null
      experiencesDurationMax?: number | null
      educationsDurationMin?: number | null
      educationsDurationMax?: number | null
    }): Promise<Answer<any>>
    /**
     * This endpoint allows you to rate a Profile (resp. a Job) for Job (resp. a Profile) as a recruiter (resp. a candidate) with a score between 0 and 1.
     * `POST rating`, in Python `rating.post`.
     */
    post(given: {
      /** The score is an evaluation fit between 0 to 1 . If you're using stars in your system please use the following conversion: 5 stars = 1.0 , 4 stars=0.8 , 3 stars=0.6, 2 stars=0.4, 1 star= 0.2 . */
      score: number
      /** Role of the user rating the job role in {recruiter, candidate, employee, manager}. */
      role: string
      /** The key of Board attached to the given Job. */
      boardKey: string
      /** The key of Source attached to the given Profile. */
      sourceKey: string
      /** Job identifier (key). */
      jobKey?: string | null
      /** The Job reference chosen by the customer or an external system. If you use the job_key you do not need to specify the job_reference and vice versa. */
      jobReference?: string | null
      /** Profile identifier (key). */
      profileKey?: string | null
      /** The Profile reference chosen by the customer or an external system. If you use the profile_key you do not need to specify the profile_reference and vice versa. */
      profileReference?: string | null
      /** Author email. */
      authorEmail?: string | null
      comment?: string | null
      /** ISO Date of the rating. Format : yyyy-MM-dd'T'HH:mm:ss.SSSXXX  for example, "2000-10-31T01:30:00.000-05:00" It associates a creation date to the profile (ie: this can be for example the original date of the application of the profile). If not provided the creation date will be now by default. */
      createdAt?: string | null
    }): Promise<Answer<any>>
  }
  readonly source: {
    /**
     * Get source given a source id.
     * `GET source`, in Python `source.get`.
     */
    get(given?: {
      key?: string | null
    }): Promise<Answer<Place>>
    /**
     * Search sources for given filters.
     * `GET sources`, in Python `source.list`.
     */
    list(given?: {
      name?: string | null
      /** Default: 1. */
      page?: number
      /** Default: 30. */
      limit?: number
      /** Default: "date". */
      sortBy?: string
      /** Default: "desc". */
      orderBy?: null | 'desc' | 'asc'
    }): Promise<Answer<Place[]>>
  }
  readonly text: {
    readonly embedding: {
      /**
       * This endpoint allows you to vectorize a Text.
       * `POST text/embedding`, in Python `text.embedding.post`.
       */
      post(given: {
        text: string
      }): Promise<Answer<any>>
    }
    readonly imaging: {
      /**
       * This endpoint allows you to generate an image from a job description text.
       * `POST text/imaging`, in Python `text.imaging.post`.
       */
      post(given: {
        /** Job text that describes the image to be generated. Ideally it should includes a "Job title". */
        text: string
        /** Width of the image to be generated. Default is 256. (The width and height of the image should be among the following pixel values : [256, 512, 1024 ]). Default: 256. */
        width?: number
      }): Promise<Answer<any>>
    }
    readonly linking: {
      /**
       * Find synonyms or the top N most similar words to a word.
       * `POST text/linking`, in Python `text.linking.post`.
       */
      post(given: {
        word: string
        /** Default: 5. */
        topN?: number
      }): Promise<Answer<any>>
    }
    readonly ocr: {
      /**
       * This endpoint allows you to extract a the text from a document across all formats (pdf, docx, png, and more).
       * `POST text/ocr`, in Python `text.ocr.post`.
       */
      post(given: {
        /** Binary file content. */
        file: HrflowFile
      }): Promise<Answer<any>>
    }
    readonly parsing: {
      /**
       * Parse a raw Text.
       * `POST text/parsing`, in Python `text.parsing.post`.
       */
      post(given: {
        text?: string | null
        /** Parse a list of texts. Each text can be: the full text of a Job, a Resume, a Profile, an experience, a Job and more. */
        texts?: readonly string[]
      }): Promise<Answer<any>>
    }
    readonly tagging: {
      /**
       * Tag a Text.
       * `POST text/tagging`, in Python `text.tagging.post`.
       */
      post(given: {
        /** AI tagging algorithm you want to apply to the input text. Six taggers have been released through the Tagging API. We are actively working on bringing out more taggers. Here is a list of all the currently available taggers (beaware that the list is subject to change refer to developers.hrflow.ai for the latest list):. */
        algorithmKey: string
        text?: string | null
        /** Tag a list of texts. Each text can be: the full text of a Job, a Resume, a Profile, an experience, a Job and more. */
        texts?: readonly string[]
        /** A context for given labels if algorithm_key="tagger-hrflow-labels". */
        context?: string | null
        /** List of output tags if algorithm_key="tagger-hrflow-labels". */
        labels?: readonly string[]
        /** Number of predicted tags that will be returned. Default: 1. */
        topN?: number
        /** Language of the returned tags. Default: "en". */
        outputLang?: string
      }): Promise<Answer<any>>
    }
  }
  readonly tracking: {
    /**
     * This endpoint allows you to retrieve the list of trackings.
     * `GET trackings`, in Python `tracking.get`.
     */
    get(given: {
      role: string
      actions?: string | null
      sourceKeys?: readonly string[]
      sourceKey?: string | null
      profileKey?: string | null
      profileReference?: string | null
      boardKeys?: readonly string[]
      boardKey?: string | null
      jobKey?: string | null
      jobReference?: string | null
      /** Default: false. */
      returnProfile?: boolean
      /** Default: false. */
      returnAuthor?: boolean
      /** Default: 1. */
      page?: number
      /** Default: 30. */
      limit?: number
      /** Default: "desc". */
      orderBy?: string
      /** Default: "scoring". */
      sortBy?: string
      createdAtMin?: string | null
      createdAtMax?: string | null
      locationLat?: number | null
      locationLon?: number | null
      locationDistance?: number | null
      useLocationAddress?: string | null
      useLocationExperience?: string | null
      useLocationEducation?: string | null
      experiencesDurationMin?: number | null
      experiencesDurationMax?: number | null
      educationsDurationMin?: number | null
      educationsDurationMax?: number | null
    }): Promise<Answer<any>>
    /**
     * This endpoint allows you to track a Profile (resp. a Job) for Job (resp. a Profile) as a recruiter (resp. a candidate) with a specific action.
     * `POST tracking`, in Python `tracking.post`.
     */
    post(given: {
      /** The 'action' refers to a unique identifier for a profile or job stage. This can be a specific stage ID within a CRM, ATS, or Job site. Examples of such stages include "view," "apply," "hire," or any other stage relevant to your system. */
      action: string
      /** Role of the user rating the job (role: recruiter, candidate, employee, manager). */
      role: string
      /** The key of Board attached to the given Job. */
      boardKey: string
      /** The key of Source attached to the given Profile. */
      sourceKey: string
      /** The Job's unique identifier. */
      jobKey?: string | null
      /** The Job's reference chosen by the customer / external system. If you use the job_key you do not need to specify the job_reference and vice versa. */
      jobReference?: string | null
      /** The Profile's unique identifier. */
      profileKey?: string | null
      /** The Profile's reference chosen by the customer / external system. If you use the profile_key you do not need to specify the profile_reference and vice versa. */
      profileReference?: string | null
      /** Email of the HrFlow.ai user who rated the profile for the job. */
      authorEmail?: string | null
      /** Comment explaining the reason behind the score. */
      comment?: string | null
      /** ISO Date of the rating. Format : yyyy-MM-dd'T'HH:mm:ss.SSSXXX  for example, "2000-10-31T01:30:00.000-05:00" It associates a creation date to the profile (ie: this can be for example the original date of the application of the profile). If not provided the creation date will be now by default. */
      createdAt?: string | null
    }): Promise<Answer<any>>
  }
  readonly webhooks: {
    /**
     * Get response from api for POST webhook/check.
     * `POST webhook/check`, in Python `webhooks.check`.
     */
    check(given: {
      /** Url id. */
      url: string
      /** Profile id. */
      type: string
    }): Promise<Answer<any>>
    /** Verifies the signature of a webhook, and calls the handler of its event. */
    handle(given: { requestHeaders?: Record<string, string>; signatureHeader?: string }): Promise<void>
    /** Tells whether an event has a handler. */
    isHandlerPresent(given: { eventName: string }): boolean
    /** Removes the handler of an event. */
    removeHandler(given: { eventName: string }): void
    /** Sets the handler of an event. */
    setHandler(given: { eventName: string; callback: WebhookHandler }): void
    /**
     * Get response from api for POST webhook/check.
     * `POST webhook/test`, in Python `webhooks.test`.
     */
    test(): Promise<Answer<any>>
  }
}
