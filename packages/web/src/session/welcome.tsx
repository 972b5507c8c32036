import { type FormEvent, useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { failureText } from '../chat/failure-text.ts';
import { InterceptedBar } from '../chat/intercepted-bar.tsx';
import { useChat, useChatItself } from '../chat/use-chat.ts';
import type { StringKey } from '../strings/english.ts';
import { t } from '../strings/strings.ts';
import { Mark } from '../style/mark.tsx';
import { deviceName } from './device-name.ts';
import { Field } from './field.tsx';

type SignupMode = 'open' | 'invitation' | 'closed';

/** Requests to this host do not leave the machine. */
const isThisMachine = /^(?:(?:.+\.)?localhost|127\..+|\[::1\])$/.test(window.location.hostname);

/** The token of a link `SERVER/#invitation=TOKEN`. */
function invitationOf(hash: string): string | null {
  return /^#invitation=(.+)$/.exec(hash)?.[1] ?? null;
}

/** The form to log in or sign up. */
export default function Welcome() {
  const chat = useChatItself();
  const wasRevoked = useChat((each) => each.wasRevoked);
  const wasLost = useChat((each) => each.lostAccountId !== null);
  const isIntercepted = useChat((each) => each.isIntercepted);
  const [location, navigate] = useLocation();
  const [invitation] = useState(() => invitationOf(window.location.hash));
  const [server, setServer] = useState<{ signup: SignupMode; empty: boolean } | null>(null);
  const [failure, setFailure] = useState('');
  const [isBusy, setBusy] = useState(false);
  const isSignup = location === '/signup' || (location === '/' && (invitation !== null || server?.empty === true));
  useEffect(() => {
    chat.operation('getServer', {}).then(setServer as never, (error: unknown) => setFailure(failureText(error)));
  }, [chat]);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const value = (name: string) => String(form.get(name) ?? '');
    const given = { username: value('username'), password: value('password'), device: deviceName(navigator.userAgent) };
    const displayName = value('displayName').trim();
    setBusy(true);
    setFailure('');
    try {
      if (isSignup) {
        const named = displayName === '' ? {} : { displayName };
        await chat.request('signup', { ...given, ...named, ...(invitation === null ? {} : { invitation }) });
      } else {
        await chat.request('login', given);
      }
      // A person who followed a link to a conversation stays at its address.
      if (!location.startsWith('/c/')) navigate('/');
    } catch (error) {
      setFailure(failureText(error));
      setBusy(false);
    }
  };
  const note = isSignup ? signupNote(invitation, server) : (wasLost && 'sessionLost') || (wasRevoked && 'sessionEnded');
  return (
    <main className="welcome">
      <form className="card" onSubmit={submit}>
        <Mark />
        <h1>{t('welcomeTitle')}</h1>
        <p className="muted">{t('welcomeLead')}</p>
        <InterceptedBar />
        {note && <p className="note">{t(note)}</p>}
        {!isSecureContext && !isThisMachine && <p className="note">{t('notEncrypted')}</p>}
        <Credentials isSignup={isSignup} />
        <p className="failure" role="alert">
          {isIntercepted ? '' : failure}
        </p>
        <button type="submit" className="button primary wide" disabled={isBusy}>
          {isSignup ? t('signUp') : t('logIn')}
        </button>
        <button
          type="button"
          className="text-button"
          onClick={() => {
            setFailure('');
            navigate(isSignup ? '/login' : '/signup');
          }}
        >
          {isSignup ? t('haveAccount') : t('noAccount')}
        </button>
      </form>
    </main>
  );
}

function Credentials({ isSignup }: { isSignup: boolean }) {
  return (
    <>
      <Field
        name="username"
        label={t('username')}
        autoComplete="username"
        {...(isSignup ? { hint: t('usernameRule') } : {})}
      />
      {isSignup && (
        <Field name="displayName" label={t('displayName')} autoComplete="name" hint={t('displayNameRule')} optional />
      )}
      <Field
        name="password"
        type="password"
        label={t('password')}
        autoComplete={isSignup ? 'new-password' : 'current-password'}
        {...(isSignup ? { hint: t('passwordRule') } : {})}
      />
    </>
  );
}

function signupNote(
  invitation: string | null,
  server: { signup: SignupMode; empty: boolean } | null,
): StringKey | null {
  if (!server) return null;
  if (server.empty) return 'firstAccount';
  if (server.signup === 'closed') return 'signupClosed';
  if (invitation !== null) return 'invited';
  return server.signup === 'invitation' ? 'signupByInvitation' : null;
}
