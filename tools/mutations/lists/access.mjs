/** Who may do and see what. */
export const access = {
  folder: 'packages/server',
  entries: [
    {
      name: 'history-after-leaving',
      breaks: 'contract 8: a former member reads the history',
      file: 'conversations/membership.ts',
      find: 'if (isMember(participant) && !hidden.has(id)) memberships.set(id, { head, participant, epoch });',
      replace: `if (participant && !hidden.has(id))
      memberships.set(id, { head, participant: { ...participant, leftSeq: null }, epoch });`,
      test: 'e2e/contract',
      title: 'a removed user receives nothing numbered after the removal, by any path',
    },
    {
      name: 'revoked-during-hello',
      breaks: 'sessions: a session that is revoked while it connects stays connected',
      file: 'messaging/arrival.ts',
      find: 'if (!(await this.ports.isOpen(authenticated))) {',
      replace: 'if (!authenticated.session.id) {',
      test: 'messaging/two-servers',
      title: 'a session revoked while its hello was under way does not stay connected',
    },
    {
      name: 'unknown-name-without-hash',
      breaks: 'enumeration: a log-in with an unknown username takes less work',
      file: 'users/password-hashing.ts',
      find: 'const against = hash ?? hashOfNobody;',
      replace: `if (hash === undefined) return false;
    const against = hash;`,
      test: 'gateway/log-in-work',
      title:
        'an unknown name, a wrong password and a disabled account get the same answer for the same work (device %p)',
    },
    {
      name: 'known-address-forgotten',
      breaks: 'log-in: strangers keep the owner out at an address where the account is known',
      file: 'users/known-devices.ts',
      find: 'for (const secretHash of [hash, ...addressHashes(userId, address)]) {',
      replace: 'for (const secretHash of [hash]) {',
      test: 'gateway/known-devices',
      title: 'is open from an address where its owner logged in before, and guesses from elsewhere do not use that up',
    },
    {
      name: 'reset-forgets-origins',
      breaks: 'log-in: a reset of the password during an attack locks the owner out',
      file: 'users/administration.ts',
      find: "origins: 'all'",
      replace: 'origins: { secrets: [], address: null }',
      test: 'gateway/known-devices',
      title: 'stays open to its known devices and addresses after an administrator resets the password',
    },
    {
      name: 'name-before-invitation',
      breaks: 'enumeration: without an invitation, sign-up reveals which usernames are taken',
      file: 'adapters/sqlite/user-store.ts',
      find: 'if (invitation && !statements.invitation.get(invitation.tokenHash, invitation.atMs))',
      replace: `if (statements.byUsername.get(usernameKey)) return 'username_taken';
      if (invitation && !statements.invitation.get(invitation.tokenHash, invitation.atMs))`,
      test: 'contract/users',
      title: 'does not reveal with an invalid invitation whether a username is taken',
    },
    {
      name: 'refused-setting-shown',
      breaks: 'secrets: a refused setting puts the password of a service into the log',
      file: 'settings/settings.ts',
      find: "const shown = secret ? 'the given value' : JSON.stringify(text);",
      replace: 'const shown = JSON.stringify(text);',
      test: 'regressions/a-refused-setting-does-not-show-its-password',
      title: 'the message about refused settings has no password: %s',
    },
    {
      name: 'mixed-scripts-unmarked',
      breaks: 'look-alike names: a name that mixes scripts is shown like any other',
      file: 'packages/protocol/src/mixed-scripts.ts',
      find: 'return isUsual ? [] : scriptsOf(letters);',
      replace: 'return [];',
      test: 'packages/web/test/look-alike-names',
      title: 'a person and a conversation whose name mixes scripts are shown with the scripts',
    },
  ],
};
