import { type ReactNode, Suspense } from 'react';
import { FaultBoundary } from './fault-boundary.tsx';

interface OverlayProps {
  /** Closes what is open, also after a fault. */
  onClose(): void;
  /** Null or false: nothing is open. */
  children: ReactNode;
}

/**
 * A menu, picker, dialog or panel that opens on the page, and whose code may be loaded then. A fault in it leaves the
 * page usable: the fault is shown above the page and can be closed. What opens next starts without the fault.
 */
export function Overlay({ onClose, children }: OverlayProps) {
  if (!children) return null;
  return (
    <FaultBoundary onClose={onClose}>
      <Suspense fallback={null}>{children}</Suspense>
    </FaultBoundary>
  );
}
