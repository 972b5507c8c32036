import { useState } from 'react';
import { useLocation } from 'wouter';
import { failureText } from '../strings/failure-text.ts';

interface Opening {
  /** Goes to the conversation whose id comes; when none comes, `failure` says why. */
  open(opening: Promise<string>): Promise<void>;
  /** Empty while nothing failed. */
  failure: string;
}

/** @param onClose called before it goes there. */
export function useOpening(onClose: () => void = () => undefined): Opening {
  const [failure, setFailure] = useState('');
  const [, navigate] = useLocation();
  const open = async (opening: Promise<string>) => {
    setFailure('');
    try {
      const id = await opening;
      onClose();
      navigate(`/c/${id}`);
    } catch (error) {
      setFailure(failureText(error));
    }
  };
  return { open, failure };
}
