import { Component, type ReactNode } from 'react';
import { t } from '../strings/strings.ts';

interface FaultBoundaryProps {
  /** Whether the content is a dialog: the fault is then shown over the page. */
  isOver?: boolean;
  /** Shown in place of the content; without it, a message and a button to reload the page. */
  instead?: ReactNode;
  children: ReactNode;
}

/** Replaces content that fails to render, so that the rest of the page goes on working. */
export class FaultBoundary extends Component<FaultBoundaryProps, { hasFault: boolean }> {
  override state = { hasFault: false };

  static getDerivedStateFromError(): { hasFault: boolean } {
    return { hasFault: true };
  }

  override render(): ReactNode {
    if (!this.state.hasFault) return this.props.children;
    if (this.props.instead !== undefined) return this.props.instead;
    return (
      <div className={this.props.isOver ? 'start fault-over' : 'start'} role="alert">
        <h1>{t('faultTitle')}</h1>
        <p className="muted">{t('faultLead')}</p>
        <button type="button" className="button" onClick={() => location.reload()}>
          {t('reload')}
        </button>
      </div>
    );
  }
}
