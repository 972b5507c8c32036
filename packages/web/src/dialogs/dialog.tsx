import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { t } from '../strings/strings.ts';

interface DialogProps {
  title: string;
  onClose(): void;
  /** False if the caller moves the focus after the dialog. Otherwise it returns to what had it before. */
  returnsFocus?: boolean;
  children: ReactNode;
}

/** What gets the focus first: the first field, if there is one. */
function firstField(): HTMLElement | true {
  return document.querySelector<HTMLElement>('.dialog :is(input:not([type=radio]), textarea)') ?? true;
}

/** A modal dialog. Escape and a click outside close it. */
export function Dialog({ title, onClose, returnsFocus = true, children }: DialogProps) {
  return (
    <Base.Root open onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup className="dialog" initialFocus={firstField} finalFocus={returnsFocus}>
          <header className="dialog-head">
            <Base.Title className="dialog-title">{title}</Base.Title>
            <Base.Close className="icon-button" aria-label={t('close')}>
              <X aria-hidden="true" />
            </Base.Close>
          </header>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
