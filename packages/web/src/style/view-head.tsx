import { ArrowLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { t } from '../strings/strings.ts';

/** The top of a view, with a link back to the list unless the list is beside it. */
export function ViewHead({ children }: { children: ReactNode }) {
  return (
    <header className="view-head">
      <Link href="/" className="icon-button back" aria-label={t('back')}>
        <ArrowLeft aria-hidden="true" className="mirrored" />
      </Link>
      {children}
    </header>
  );
}
