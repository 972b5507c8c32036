import { useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { failureText } from './failure-text.ts';
import { useIsShown } from './use-is-shown.ts';

interface Opening {
  /**
   * Goes to the conversation whose id `begin` resolves with; if it rejects, `failure` says why. Does nothing while
   * another conversation is being opened, so that a second Enter does not create a second group. Stays where the person
   * is if they closed the view before the answer came: they may be writing to somebody else by then.
   */
  open(begin: () => Promise<string>): Promise<void>;
  /** Empty unless the last attempt failed. */
  failure: string;
}

/** @param onClose called before the conversation is shown. */
export function useOpening(onClose: () => void = () => undefined): Opening {
  const [failure, setFailure] = useState('');
  const [, navigate] = useLocation();
  const isOpening = useRef(false);
  const isShown = useIsShown();
  const open = async (begin: () => Promise<string>) => {
    if (isOpening.current) return;
    isOpening.current = true;
    setFailure('');
    try {
      const id = await begin();
      if (!isShown()) return;
      onClose();
      navigate(`/c/${id}`);
    } catch (error) {
      setFailure(failureText(error));
    } finally {
      isOpening.current = false;
    }
  };
  return { open, failure };
}
