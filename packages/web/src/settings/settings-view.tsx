import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { failureText } from '../chat/failure-text.ts';
import { useChat, useChatItself } from '../chat/use-chat.ts';
import { allowNotifications } from '../notifications/offer.ts';
import { type Preferences, setPreferences, usePreferences } from '../preferences/preferences.ts';
import { type LanguageCode, languages, t } from '../strings/strings.ts';
import { ViewHead } from '../style/view-head.tsx';
import { Sessions } from './sessions.tsx';

/** Settings of the account and of this browser. */
export default function SettingsView() {
  const chat = useChatItself();
  const [failure, setFailure] = useState('');
  // The page leaves this view at once. The answer may come after the person has logged in again.
  const logOut = () => chat.request('logout').catch((error: unknown) => setFailure(failureText(error)));
  return (
    <div className="page">
      <ViewHead>
        <h1>{t('settings')}</h1>
      </ViewHead>
      <div className="page-body settings">
        <Section title={t('account')}>
          <DisplayName />
        </Section>
        <Section title={t('appearance')}>
          <Appearance />
        </Section>
        <Section title={t('notifications')}>
          <Notifications />
        </Section>
        <Section title={t('changePassword')}>
          <Password />
        </Section>
        <Section title={t('sessions')}>
          <Sessions />
        </Section>
        <button type="button" className="button danger" onClick={() => void logOut()}>
          {t('logOut')}
        </button>
        <p className="failure" role="alert">
          {failure}
        </p>
      </div>
    </div>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="card-section" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function Result({ text, isFailure }: { text: string; isFailure: boolean }) {
  return (
    <span className={isFailure ? 'failure' : 'muted'} role={isFailure ? 'alert' : 'status'}>
      {text}
    </span>
  );
}

function DisplayName() {
  const chat = useChatItself();
  const id = useId();
  const account = useChat((one) => one.account);
  const [result, setResult] = useState({ text: '', isFailure: false });
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get('displayName')).trim();
    try {
      await chat.request('setDisplayName', name);
      setResult({ text: t('saved'), isFailure: false });
    } catch (error) {
      setResult({ text: failureText(error), isFailure: true });
    }
  };
  return (
    <form className="stack" onSubmit={submit}>
      <p className="muted">
        <bdi>@{account?.username}</bdi>
      </p>
      <div className="field">
        <label htmlFor={id}>{t('displayName')}</label>
        <input id={id} name="displayName" required defaultValue={account?.displayName} dir="auto" autoComplete="name" />
      </div>
      <div className="form-foot">
        <button type="submit" className="button">
          {t('save')}
        </button>
        <Result {...result} />
      </div>
    </form>
  );
}

function Appearance() {
  const id = useId();
  const { theme, language } = usePreferences();
  return (
    <div className="stack">
      <div className="field">
        <label htmlFor={`${id}-theme`}>{t('theme')}</label>
        <select
          id={`${id}-theme`}
          value={theme}
          onChange={(event) => setPreferences({ theme: event.target.value as Preferences['theme'] })}
        >
          <option value="system">{t('themeSystem')}</option>
          <option value="light">{t('themeLight')}</option>
          <option value="dark">{t('themeDark')}</option>
        </select>
      </div>
      <div className="field">
        <label htmlFor={`${id}-language`}>{t('language')}</label>
        <select
          id={`${id}-language`}
          value={language}
          onChange={(event) => setPreferences({ language: event.target.value as LanguageCode })}
        >
          {Object.entries(languages).map(([code, { name }]) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}

function Notifications() {
  const { notifications, sound } = usePreferences();
  const isBlocked = 'Notification' in globalThis && Notification.permission === 'denied';
  const change = (isWanted: boolean) => {
    if (isWanted) void allowNotifications();
    else setPreferences({ notifications: false });
  };
  return (
    <div className="stack">
      <label className="check">
        <input
          type="checkbox"
          checked={notifications}
          disabled={isBlocked || !isSecureContext}
          onChange={(event) => change(event.target.checked)}
        />
        {t('notificationsOn')}
      </label>
      {!isSecureContext && <p className="hint">{t('needsTls')}</p>}
      {isBlocked && isSecureContext && <p className="hint">{t('notificationsBlocked')}</p>}
      <label className="check">
        <input type="checkbox" checked={sound} onChange={(event) => setPreferences({ sound: event.target.checked })} />
        {t('sound')}
      </label>
    </div>
  );
}

function Password() {
  const chat = useChatItself();
  const id = useId();
  const username = useChat(({ account }) => account?.username);
  const [result, setResult] = useState({ text: '', isFailure: false });
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const given = new FormData(form);
    const passwords = {
      currentPassword: String(given.get('currentPassword')),
      newPassword: String(given.get('newPassword')),
    };
    try {
      await chat.operation('changePassword', passwords);
      form.reset();
      setResult({ text: t('passwordChanged'), isFailure: false });
    } catch (error) {
      setResult({ text: failureText(error), isFailure: true });
    }
  };
  return (
    <form className="stack" onSubmit={submit}>
      <input type="text" name="username" autoComplete="username" defaultValue={username} hidden readOnly />
      <div className="field">
        <label htmlFor={`${id}-current`}>{t('currentPassword')}</label>
        <input id={`${id}-current`} name="currentPassword" type="password" required autoComplete="current-password" />
      </div>
      <div className="field">
        <label htmlFor={`${id}-new`}>{t('newPassword')}</label>
        <input
          id={`${id}-new`}
          name="newPassword"
          type="password"
          required
          autoComplete="new-password"
          aria-describedby={`${id}-rule`}
        />
        <p className="hint" id={`${id}-rule`}>
          {t('passwordRule')}
        </p>
      </div>
      <div className="form-foot">
        <button type="submit" className="button">
          {t('changePassword')}
        </button>
        <Result {...result} />
      </div>
    </form>
  );
}
