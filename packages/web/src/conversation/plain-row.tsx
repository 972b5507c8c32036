import { t } from '../strings/strings.ts';
import type { Row } from './rows.ts';

/** Shows only the text of a row that failed to render, so that the rest of the conversation stays. */
export function PlainRow({ row }: { row: Row }) {
  if (row.kind !== 'message') return <p className="notice">{t('noticeLater', { name: t('unknownPerson') })}</p>;
  return (
    <article className="message" tabIndex={-1} data-key={row.key}>
      <span className="message-gutter" />
      <div className="message-body">
        <div className="message-text" dir="auto">
          {row.text}
        </div>
      </div>
    </article>
  );
}
