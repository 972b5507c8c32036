import type { Session } from '@parley/protocol';
import { useCallback, useEffect, useState } from 'react';
import { failureText } from '../chat/failure-text.ts';
import { useChatItself } from '../chat/use-chat.ts';
import { t } from '../strings/strings.ts';
import { exactTime } from '../strings/times.ts';

/** Lists the account's sessions and revokes them. */
export function Sessions() {
  const chat = useChatItself();
  const [sessions, setSessions] = useState<readonly Session[]>([]);
  const [failure, setFailure] = useState('');
  const load = useCallback(async () => {
    const answer = await chat.operation('listSessions', {});
    setSessions(answer.sessions);
  }, [chat]);
  const fail = (error: unknown) => setFailure(failureText(error));
  useEffect(() => {
    load().catch((error: unknown) => setFailure(failureText(error)));
  }, [load]);
  const revoke = (sessionId: string) => {
    chat.operation('revokeSession', { sessionId }).then(load).catch(fail);
  };
  return (
    <>
      <ul className="sessions">
        {sessions.map(({ id, device, lastUsedAtMs, current }) => (
          <li key={id} className="session">
            <span>
              <bdi>{device ?? t('sessionUnnamed')}</bdi>
              {current && <span className="tag">{t('sessionThis')}</span>}
              <br />
              <span className="muted">{t('sessionLastUsed', { time: exactTime(lastUsedAtMs) })}</span>
            </span>
            {!current && (
              <button
                type="button"
                className="button"
                aria-label={t('revokeSession', { device: device ?? t('sessionUnnamed') })}
                onClick={() => revoke(id)}
              >
                {t('revoke')}
              </button>
            )}
          </li>
        ))}
      </ul>
      <p className="failure" role="alert">
        {failure}
      </p>
    </>
  );
}
