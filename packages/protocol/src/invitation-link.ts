const mark = '#invitation=';

/** A link that lets somebody sign up. The token stands where browsers send it to no server and no log. */
export function invitationLink(server: string, token: string): string {
  return `${server.replace(/\/+$/, '')}/${mark}${token}`;
}

/** The token of an invitation, given as a link or by itself, and the server of the link. */
export function readInvitation(given: string): { token: string; server: string | null } {
  const at = given.indexOf(mark);
  if (at < 0) return { token: given, server: null };
  return { token: given.slice(at + mark.length), server: given.slice(0, at).replace(/\/+$/, '') };
}
