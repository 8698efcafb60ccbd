import type { Role } from '../../../domain/shared/access.ts'
import type { PersonLanguage } from '../../../domain/shared/person-language.ts'
import { reasonOf } from '../../../errors.ts'
import { sendEmail } from '../../alerts/email.ts'
import type { ApiContext } from '../common/api.ts'

type Invited = {
  readonly email: string
  readonly role: Role
  readonly url: string
  /** Name of the inviter. */
  readonly by: string
  readonly language: PersonLanguage
}

export type Mail = { readonly sent: boolean; readonly detail: string | null }

const MAX_DETAIL = 500

/** Returns null without a mail server. A failure is a result, because a person can pass on the link. */
export async function mailInvitation({ config }: Pick<ApiContext, 'config'>, invited: Invited): Promise<Mail | null> {
  const { smtpUrl } = config.alerts
  if (smtpUrl === null) return null
  try {
    await sendEmail(smtpUrl, [invited.email], WORDS[invited.language](invited))
    return { sent: true, detail: null }
  } catch (error) {
    return { sent: false, detail: reasonOf(error).slice(0, MAX_DETAIL) }
  }
}

const ROLES_FR: Readonly<Record<Role, string>> = {
  owner: 'propriétaire',
  editor: 'éditeur',
  viewer: 'lecteur',
  approver: 'approbateur',
}

const WORDS = {
  en: ({ by, role, url }: Invited) => ({
    subject: `${by} invites you to Workflows`,
    lines: [`Your role is ${role}.`, 'The link creates your account. It works once, and expires in seven days.'],
    link: { label: 'Accept the invitation', url },
  }),
  fr: ({ by, role, url }: Invited) => ({
    subject: `${by} vous invite dans Workflows`,
    lines: [
      `Votre rôle : ${ROLES_FR[role]}.`,
      'Le lien crée votre compte. Il sert une seule fois et expire dans sept jours.',
    ],
    link: { label: 'Accepter l’invitation', url },
  }),
} as const satisfies Record<PersonLanguage, unknown>
