import { type ReactNode, useState } from 'react';
import { failureText } from '../chat/failure-text.ts';
import { t } from '../strings/strings.ts';
import { Dialog } from './dialog.tsx';

interface ConfirmDialogProps {
  title: string;
  lead: string;
  /** What the action concerns, shown below the lead. */
  children?: ReactNode;
  /** The name of the action, on its button. */
  action: string;
  /** Rejects when the action failed, which the dialog shows. */
  act(): Promise<void>;
  onClose(): void;
  /** See {@link Dialog}. */
  returnsFocus?: boolean;
}

/** Asks for confirmation of an action. */
export function ConfirmDialog({
  title,
  lead,
  children,
  action,
  act,
  onClose,
  returnsFocus = true,
}: ConfirmDialogProps) {
  const [failure, setFailure] = useState('');
  return (
    <Dialog title={title} onClose={onClose} returnsFocus={returnsFocus}>
      <p>{lead}</p>
      {children}
      <p className="failure" role="alert">
        {failure}
      </p>
      <div className="form-foot">
        <button
          type="button"
          className="button danger"
          onClick={() => act().catch((error: unknown) => setFailure(failureText(error)))}
        >
          {action}
        </button>
        <button type="button" className="button" onClick={onClose}>
          {t('cancel')}
        </button>
      </div>
    </Dialog>
  );
}
