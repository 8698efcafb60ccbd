/** Actions of the audit log in words. */
export const ACTIONS: Readonly<Record<string, string>> = {
  'workflow.create': 'created a workflow',
  'workflow.update': 'changed a workflow',
  'version.create': 'saved a version',
  'version.deploy': 'deployed a version',
  'setting.set': 'set a property',
  'setting.delete': 'deleted a property',
  'hook_key.rotate': 'created a new URL',
  'run.start': 'started a run',
  'run.replay': 'replayed a run',
  'run.cancel': 'cancelled a run',
  'key.create': 'created an API key',
  'key.revoke': 'revoked an API key',
  'owner.create': 'set up this installation',
  'invitation.create': 'invited a person',
  'invitation.revoke': 'revoked an invitation',
  'invitation.accept': 'accepted an invitation',
  'person.update': 'changed a role',
  'person.rename': 'changed their name',
  'person.remove': 'removed a person',
  'password.change': 'changed their password',
  'password.refuse': 'gave a wrong password',
  'password.reset': 'reset their password',
  'session.create': 'signed in',
  'session.end': 'signed out',
  'session.revoke': 'ended other sessions',
  'session.refuse': 'failed sign-in',
  'request.refuse': 'was not allowed',
  'audit.export': 'exported the audit log',
}

/** An unknown action is shown as the server names it. */
export const actionWords = (action: string): string => ACTIONS[action] ?? action
