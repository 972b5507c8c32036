const mark = '#invitation=';

/** A sign-up link. The token is in the fragment, which browsers do not send to servers. */
export function invitationLink(server: string, token: string): string {
  return `${server.replace(/\/+$/, '')}/${mark}${token}`;
}

/** Parses an invitation: a link, or a token alone. */
export function readInvitation(given: string): { token: string; server: string | null } {
  const at = given.indexOf(mark);
  if (at < 0) return { token: given, server: null };
  return { token: given.slice(at + mark.length), server: given.slice(0, at).replace(/\/+$/, '') };
}
