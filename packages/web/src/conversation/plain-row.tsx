import { t } from '../strings/strings.ts';
import type { Row } from './rows.ts';

/** A row that could not be drawn: its text alone, so that the conversation around it stays. */
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
