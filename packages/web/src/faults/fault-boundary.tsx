import { Component, type ReactNode } from 'react';
import { t } from '../strings/strings.ts';

interface FaultBoundaryProps {
  /** Whether it stands for a dialog, and so lies over the page. */
  isOver?: boolean;
  /** What is shown in its place, where it is one of many. */
  instead?: ReactNode;
  children: ReactNode;
}

/**
 * Where something within can't be drawn, this shows what is given `instead`, or says so and offers to open the page
 * anew; all around it goes on.
 */
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
          {t('openAnew')}
        </button>
      </div>
    );
  }
}
