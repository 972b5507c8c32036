import { Component, type ReactNode } from 'react';
import { t } from '../strings/strings.ts';

interface FaultBoundaryProps {
  /** Closes content that is above the page: a fault is then shown there, with a button that closes it. */
  onClose?: () => void;
  /** Shown in place of the content; without it, a message and a button to reload the page. */
  instead?: ReactNode;
  /** The content is rendered again after a fault when this changes. */
  of?: string;
  children: ReactNode;
}

interface FaultState {
  hasFault: boolean;
  of: string | undefined;
}

/** Replaces content that fails to render, so that the rest of the page goes on working. */
export class FaultBoundary extends Component<FaultBoundaryProps, FaultState> {
  override state: FaultState = { hasFault: false, of: this.props.of };

  static getDerivedStateFromError(): Pick<FaultState, 'hasFault'> {
    return { hasFault: true };
  }

  static getDerivedStateFromProps({ of }: FaultBoundaryProps, before: FaultState): FaultState | null {
    return of === before.of ? null : { hasFault: false, of };
  }

  override render(): ReactNode {
    const { children, instead, onClose } = this.props;
    if (!this.state.hasFault) return children;
    if (instead !== undefined) return instead;
    return (
      <div className={onClose ? 'start fault-over' : 'start'} role="alert">
        <h1>{t('faultTitle')}</h1>
        <p className="muted">{t('faultLead')}</p>
        <div className="form-foot">
          <button type="button" className="button" onClick={() => location.reload()}>
            {t('reload')}
          </button>
          {onClose && (
            <button type="button" className="button" onClick={() => onClose()}>
              {t('close')}
            </button>
          )}
        </div>
      </div>
    );
  }
}
