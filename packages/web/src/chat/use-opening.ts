import { useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { failureText } from './failure-text.ts';

interface Opening {
  /**
   * Goes to the conversation whose id `begin` resolves with; if it rejects, `failure` says why. Does nothing while
   * another conversation is being opened, so that a second Enter does not create a second group.
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
  const open = async (begin: () => Promise<string>) => {
    if (isOpening.current) return;
    isOpening.current = true;
    setFailure('');
    try {
      const id = await begin();
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
